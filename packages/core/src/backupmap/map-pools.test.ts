import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RecordType } from '../changelog/record-layout.js'
import { buildLog } from '../changelog/testing/build-record.js'
import { parseFid } from '../types/fid.js'
import { mapPools } from './map-pools.js'

const A = parseFid('[0x200000402:0x1:0x0]')!
const KIBIBYTE_OF_RECORDS = buildLog([{ type: RecordType.TRUNC, tfid: A, name: 'n'.repeat(1024) }])

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-pools-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs on the built worker files. */
it.each([
  ['a short log in the main thread', 64, [1]],
  ['what comes after some MiB in threads', 5 * 1024, [1, 1, 0]],
])('reads %s', async (_, kibibytes, touched) => {
  const pool = mapPools(2).reduce({ tailSeconds: null, entriesInMemory: 1000, folder })
  try {
    for (let chunk = 0; chunk < kibibytes; chunk += 64) {
      const records = Buffer.concat(Array.from({ length: 64 }, (_, at) => withIndex(chunk + at)))
      await pool.run({ kind: 'chunk', records: Uint8Array.from(records) })
    }
    const ends = await Promise.all(Array.from({ length: pool.size }, (_, worker) => pool.runOn(worker, { kind: 'end' })))
    expect(ends.map((end) => (end.kind === 'end' ? end.touchedCount : null))).toEqual(touched)
  } finally {
    await pool.close()
  }
})

function withIndex(index: number): Buffer {
  const record = Buffer.from(KIBIBYTE_OF_RECORDS)
  record.writeBigUInt64LE(BigInt(index + 1), 8)
  return record
}
