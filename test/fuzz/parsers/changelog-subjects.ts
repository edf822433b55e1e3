import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectNames } from '@lustrebackup/core/changelog/collect-names'
import { collectWriters } from '@lustrebackup/core/changelog/collect-writers'
import { Migrations } from '@lustrebackup/core/changelog/migrations'
import { RecordType } from '@lustrebackup/core/changelog/record-layout'
import { reduceRecords } from '@lustrebackup/core/changelog/reduce-records'
import { Reduction } from '@lustrebackup/core/changelog/reduction'
import { buildLog } from '@lustrebackup/core/changelog/testing/build-record'
import { TouchedTable } from '@lustrebackup/core/changelog/touched-table'
import { packFids, parseFid } from '@lustrebackup/core/types/fid'
import { CHANGELOG_BUFFER_MIN, type Lustreapi } from '@lustrebackup/lustreapi/binding'
import { expect } from 'vitest'
import { clearly, type Subject } from '../support/subject.js'

const fid = (oid: number) => parseFid(`[0x200000402:0x${oid.toString(16)}:0x0]`)!
const source = { fid: fid(1), parent: fid(3), name: 'old' }
const VALID = buildLog([
  { type: RecordType.CREAT, tfid: fid(1), pfid: fid(2), name: 'a' },
  { type: RecordType.OPEN, tfid: fid(1), flags: 0x42, uid: 7, gid: 8, openMode: 0x42 },
  { type: RecordType.CLOSE, tfid: fid(1), flags: 0x42, uid: 7, gid: 8 },
  { type: RecordType.RENME, tfid: fid(4), pfid: fid(2), name: 'new', source, flags: 1 },
  { type: RecordType.MIGRT, tfid: fid(5), pfid: fid(2), name: 'new', source },
  { type: RecordType.XATTR, tfid: fid(5), xattr: 'user.x' },
  { type: RecordType.SATTR, tfid: fid(5), flags: 8 },
  { type: RecordType.UNLNK, tfid: fid(5), pfid: fid(2), name: 'new', flags: 1 },
])

const IN_MEMORY = { entriesInMemory: Number.POSITIVE_INFINITY, folder: '', name: '' }

/** Records as a device gives them: what reduces them, and the addon, which cuts the stream of the device into records. */
export function changelogSubjects(folder: string, addon: Lustreapi): Subject[] {
  return [
    { name: 'changelog records', form: 'bytes', seeds: [VALID, buildLog([], 1n)], check: checkRecords },
    {
      name: 'changelog device, read by the addon',
      form: 'bytes',
      seeds: [VALID],
      async check(input, _random, isValid) {
        const device = join(folder, 'changelog-device')
        writeFileSync(device, input)
        const read = await readDevice(addon, device)
        expect(Buffer.from(read.bytes).equals(input.subarray(0, read.bytes.length))).toBe(true)
        if (isValid) expect(read).toEqual({ bytes: new Uint8Array(input), errno: null })
        // Whole records only: whatever else the reducer finds wrong with them, none is cut.
        const failure = clearlyFailed(() => reduceRecords(read.bytes, new Reduction(IN_MEMORY, 0)))
        expect(failure).not.toContain('CHANGELOG_DAMAGED')
      },
    },
  ]
}

function checkRecords(input: Buffer, _random: unknown, isValid: boolean): void {
  const reduction = new Reduction(IN_MEMORY, isValid ? null : 0)
  const account = clearly(() => reduceRecords(input, reduction))
  if (isValid) expect(account).not.toBeNull()
  const wanted = new TouchedTable()
  wanted.merge(new Uint32Array([...new Uint32Array(Uint8Array.from(packFids([fid(1)])).buffer), 1]))
  const names = clearly(() => collectNames(input, wanted))
  clearly(() => collectWriters(input, 0, new TouchedTable()))
  if (account === null) return
  expect(account.value.recordCount).toBeLessThanOrEqual(input.length / 64)
  expect(reduction.touched.count).toBeLessThanOrEqual((input.length / 64) * 4)
  for (const { name } of names?.value ?? []) expect(name.length).toBeLessThan(0x10000)
  clearly(() => {
    reduction.applyMigrations(new Migrations(reduction.migrationPairs))
    reduction.touched.export(3)
  })
}

async function readDevice(addon: Lustreapi, device: string) {
  const log = addon.changelogOpen(device, 0n)
  const chunks: Uint8Array[] = []
  try {
    for (;;) {
      const buffer = new Uint8Array(CHANGELOG_BUFFER_MIN)
      const length = await log.read(buffer)
      if (length === 0) return { bytes: new Uint8Array(Buffer.concat(chunks)), errno: null }
      chunks.push(buffer.subarray(0, length))
    }
  } catch (error) {
    const { errno } = error as { errno?: number }
    if (errno === undefined) throw error
    return { bytes: new Uint8Array(Buffer.concat(chunks)), errno }
  } finally {
    log.close()
  }
}

function clearlyFailed(run: () => unknown): string {
  try {
    run()
    return ''
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
}
