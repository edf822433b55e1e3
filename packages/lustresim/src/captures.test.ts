import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type Capture, captures, withoutLeftovers } from './captures.test-helper.js'
import { mdtOf, parseFid } from './fid.js'
import { mdtName } from './layout.js'
import { decodeRecord, recordLength } from './record-codec.js'
import { CLF_JOBID, CLF_RENAME, RecordType } from './record-types.js'
import { Here, NOT_SIMULATED, REPLAYS } from './replay-table.test-helper.js'
import { makeSim } from './testing.test-helper.js'

const DIR = 'ops'

/** Types whose parent is not to be relied on: a real MDT writes whatever folder it remembers. */
const UNRELIABLE_PARENT: readonly number[] = [
  RecordType.OPEN,
  RecordType.CLOSE,
  RecordType.LYOUT,
  RecordType.TRUNC,
  RecordType.XATTR,
  RecordType.HSM,
]

/** Carries a replay out with the FIDs of the capture; returns the packed records by MDT. */
function replay(capture: Capture): Record<string, Buffer[]> {
  const sim = makeSim()
  const fs = sim.fs('src')
  const expectFid = (path: string) => {
    const fid = parseFid(capture.fidsBefore[path] ?? '')
    if (fid) fs.core.state.nextOid[mdtOf(fid)] = fid.oid
  }
  const here = new Here(fs, DIR, expectFid)
  const { setup, run } = REPLAYS[capture.operation]!
  fs.core.begin()
  expectFid('')
  fs.mkdir(DIR, { mdt: mdtOf(parseFid(capture.fidsBefore['']!)!) })
  setup?.(here)
  continueFids(capture, fs.core.state.nextOid)
  fs.registerChangelog()
  run(here)
  fs.flush()
  return Object.fromEntries(fs.core.logs.map((log, at) => [mdtName(at), split(readFileSync(`${log.base}.bin`))]))
}

/** What is made during the capture goes on behind everything that was there before, on each MDT. */
function continueFids(capture: Capture, nextOid: number[]): void {
  const made = Object.values(capture.records).flatMap((records) =>
    records.map((hex) => decodeRecord(Buffer.from(hex, 'hex'), 0)).filter(({ type, tfid }) => CREATING.includes(type) && tfid.oid > 0),
  )
  for (const mdt of nextOid.keys()) {
    const oids = made.filter(({ tfid }) => mdtOf(tfid) === mdt).map(({ tfid }) => tfid.oid)
    if (oids.length > 0) nextOid[mdt] = Math.min(...oids)
  }
}

const CREATING: readonly number[] = [RecordType.CREAT, RecordType.MKDIR, RecordType.SLINK, RecordType.MKNOD, RecordType.MIGRT]

function split(bytes: Buffer): Buffer[] {
  const records: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    records.push(bytes.subarray(at, at + recordLength(bytes, at)))
    at += recordLength(bytes, at)
  }
  return records
}

/** Puts in what only the capture can know: record number, time, job id, and a parent that nobody may rely on. */
function injected(own: Buffer, captured: Buffer): Buffer {
  const record = Buffer.from(own)
  captured.copy(record, 8, 8, 16)
  captured.copy(record, 24, 24, 32)
  const type = captured.readUInt32LE(4)
  if (UNRELIABLE_PARENT.includes(type)) captured.copy(record, 48, 48, 64)
  const at = 64 + (captured.readUInt16LE(2) & CLF_RENAME ? 32 : 0)
  if (captured.readUInt16LE(2) & CLF_JOBID) captured.copy(record, at, at, at + 32)
  return record
}

const describeRecord = (record: Buffer) => {
  const { typeName, flags, name } = decodeRecord(record, 0)
  return `${typeName} 0x${flags.toString(16)} ${name.toString('latin1')}`
}

it('has a replay or a reason for every capture', () => {
  expect(Object.keys({ ...REPLAYS, ...NOT_SIMULATED }).sort()).toEqual(captures.map((capture) => capture.operation).sort())
})

const replayed = captures.filter((capture) => REPLAYS[capture.operation])
it.each(replayed.map((capture) => [capture.operation, capture] as const))('writes the records of %s', (_, capture) => {
  const own = replay(capture)
  for (const [mdt, hexes] of Object.entries(capture.records)) {
    const expected = hexes.map((hex) => withoutLeftovers(Buffer.from(hex, 'hex')))
    expect(own[mdt]!.map(describeRecord)).toEqual(expected.map(describeRecord))
    own[mdt]!.forEach((record, at) => {
      expect(injected(record, expected[at]!).toString('hex')).toBe(expected[at]!.toString('hex'))
    })
  }
})
