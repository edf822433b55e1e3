import { expect, it } from 'vitest'
import { type Fid, fidAt, packFids } from '../types/fid.js'
import { collectWriters } from './collect-writers.js'
import { OFFSET, RecordType } from './record-layout.js'
import { buildRecord, type RecordSpec } from './testing/build-record.js'
import { TouchedTable } from './touched-table.js'

const fid = (oid: number) => fidAt(packFids([`[0x200000402:0x${oid.toString(16)}:0x0]` as Fid]), 0)

function recordAt(seconds: number, spec: RecordSpec): Buffer {
  const record = buildRecord(spec)
  record.writeBigUInt64LE(BigInt(seconds) << 30n, OFFSET.time)
  return record
}

function collect(records: readonly Buffer[], sinceSeconds: number): { readonly fids: Fid[]; readonly last: bigint | null } {
  const writers = new TouchedTable()
  const last = collectWriters(Buffer.concat(records), sinceSeconds, writers)
  const fids: Fid[] = []
  writers.visit((words, offset) => fids.push(fidAt(new Uint8Array(words.slice(offset, offset + 4).buffer), 0)))
  return { fids: fids.toSorted(), last }
}

it.each<[string, Omit<RecordSpec, 'tfid'>, boolean]>([
  ['an open for writing', { type: RecordType.OPEN, flags: 0x2 }, true],
  ['a close after writing', { type: RecordType.CLOSE, flags: 0x2 }, true],
  ['an open that made the file', { type: RecordType.OPEN, flags: 0x41 }, true],
  ['an open for reading', { type: RecordType.OPEN, flags: 0x1 }, false],
  ['a truncation', { type: RecordType.TRUNC }, true],
  ['a change of size by attribute', { type: RecordType.SATTR, flags: 0x8 }, true],
  ['a change of mode', { type: RecordType.SATTR, flags: 0x1 }, false],
  ['a new layout', { type: RecordType.LYOUT }, true],
  ['a removal', { type: RecordType.UNLNK }, false],
])('%s', (_, spec, isWriter) => {
  expect(collect([recordAt(1000, { ...spec, tfid: fid(7) })], 1000).fids).toEqual(isWriter ? [fid(7)] : [])
})

it('leaves out what is older, names each file once, and gives the index of the last record', () => {
  const close = (oid: number, index: bigint): RecordSpec => ({ type: RecordType.CLOSE, flags: 0x2, tfid: fid(oid), index })
  const records = [recordAt(936, close(1, 5n)), recordAt(1000, close(2, 6n)), recordAt(1020, close(2, 7n)), recordAt(1030, close(3, 8n))]
  expect(collect(records, 1000)).toEqual({ fids: [fid(2), fid(3)], last: 8n })
  expect(collect([], 1000)).toEqual({ fids: [], last: null })
})

it('refuses a record that is cut', () => {
  const record = recordAt(20, { type: RecordType.CLOSE, flags: 0x2, tfid: fid(1) })
  for (const bytes of [1, 27, 40, record.length - 1])
    expect(() => collect([record, record.subarray(0, bytes)], 10)).toThrow(expect.objectContaining({ code: 'CHANGELOG_DAMAGED' }))
})
