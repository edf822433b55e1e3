import { afterEach, describe, expect, it } from 'vitest'
import type { MapInput, MapOutput } from '../backupmap/map.job.js'
import { RecordType } from '../changelog/record-layout.js'
import type { ReduceInput, ReduceOutput } from '../changelog/reduce.job.js'
import { buildLog, buildRecord } from '../changelog/testing/build-record.js'
import { parseFid } from '../types/fid.js'
import { createPool } from './thread-pool.js'
import type { Pool } from './worker-types.js'

const A = parseFid('[0x200000402:0x1:0x0]')!

let opened: Pool<unknown, unknown> | null = null

function open<Input, Output>(name: string, settings: object, size = 1): Pool<Input, Output> {
  const pool = createPool<object, Input, Output>(name, settings, size)
  opened = pool as Pool<unknown, unknown>
  return pool
}

const openReduce = (size = 1) => open<ReduceInput, ReduceOutput>('reduce', { tailSeconds: null }, size)
const chunkOf = (records: Buffer): ReduceInput => ({ kind: 'chunk', records: Uint8Array.from(records) })

afterEach(() => opened?.close())

/** Runs on the built worker files. */
describe('createPool', () => {
  it('keeps the state of each worker apart', async () => {
    const pool = openReduce(2)
    const log = buildLog([{ type: RecordType.TRUNC, tfid: A }])
    await pool.runOn(1, chunkOf(log))
    const counts = await Promise.all([0, 1].map((worker) => pool.runOn(worker, { kind: 'end' })))
    expect(counts.map((output) => (output.kind === 'end' ? output.touchedCount : null))).toEqual([0, 1])
  })

  it('gives away the buffers that it is asked to', async () => {
    const records = Uint8Array.from(buildLog([{ type: RecordType.TRUNC, tfid: A }]))
    await openReduce().run({ kind: 'chunk', records }, [records.buffer])
    expect(records.byteLength).toBe(0)
  })

  it('carries errors across with code, and goes on', async () => {
    const pool = openReduce()
    const cut = buildRecord({ type: RecordType.TRUNC, tfid: A }).subarray(0, 70)
    await expect(pool.run(chunkOf(cut))).rejects.toMatchObject({ code: 'CHANGELOG_DAMAGED', name: 'LustrebackupError' })
    expect(await pool.run({ kind: 'end' })).toMatchObject({ kind: 'end' })
  })

  it('rejects what a dead thread held, and all that comes after', async () => {
    const pool = open<MapInput, MapOutput>('map', {})
    const held = [pool.run({ kind: 'finish' }), pool.run({ kind: 'close' })]
    for (const one of held) await expect(one).rejects.toMatchObject({ code: 'WORKER_ENDED' })
    await expect(pool.run({ kind: 'close' })).rejects.toMatchObject({ code: 'WORKER_ENDED' })
  })

  it('rejects what is held when it closes', async () => {
    const pool = openReduce()
    const held = pool.run({ kind: 'end' })
    await Promise.all([expect(held).rejects.toMatchObject({ code: 'WORKER_ENDED' }), pool.close()])
  })

  it('says where it looked for a worker that is not there', () => {
    expect(() => open('nobody', {})).toThrow(/starting a thread for nobody: none of these files exists: .*nobody\.worker\.js/)
  })
})
