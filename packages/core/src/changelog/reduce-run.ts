import type { MapMdt } from '../backupmap/backupmap-types.js'
import type { Lustre } from '../lustre/lustre-port.js'
import { OpenerTable } from './opener-table.js'
import { PARTITION_COUNT } from './packed-table.js'
import { type LogRange, type ReducePool, readLogs } from './read-logs-run.js'
import type { TouchedEntries } from './touched-run.js'

export type Shards = readonly (readonly TouchedEntries[])[]

/** What the logs say of an interval. */
export interface Reduced {
  readonly mdts: readonly MapMdt[]
  /** Entries (FID, bits) of each shard, from each worker. A FID may have several entries; one that was given up by a migration still has its own. */
  readonly shards: Shards
  /** Old FID, new FID. */
  readonly migrationPairs: Uint32Array
  /** Opens for writing minus closes, of this interval alone. */
  readonly openers: OpenerTable
  /** Entries of all shards: about the number of FIDs. */
  readonly touchedCount: number
}

/** FIDs of one shard: its table and what is looked up for it fit into the memory of a worker many times over. */
const SHARD_FIDS = 500_000
/** Less than this is looked up sooner than it is shared out. */
const SHARD_FIDS_LEAST = 4096

/** Reads the logs and reduces them, in the workers of `pool`, to the set of touched FIDs. */
export async function runReduce(
  lustre: Lustre,
  logs: readonly LogRange[],
  pool: ReducePool,
  onRecords: (count: number) => void,
  signal: AbortSignal,
): Promise<Reduced> {
  const openers = new OpenerTable()
  const mdts = await readLogs(lustre, logs, pool, { openers, onRecords }, signal)
  const pairs: Uint32Array[] = []
  let touchedCount = 0
  for (const output of await onEachWorker(pool, { kind: 'end' })) {
    if (output.kind !== 'end') continue
    openers.merge(output.openers)
    pairs.push(output.migrationPairs)
    touchedCount += output.touchedCount
  }
  const migrationPairs = joinWords(pairs)
  const shardCount = planShardCount(touchedCount, pool.capacity)
  const exported = await onEachWorker(pool, { kind: 'export', migrationPairs, shardCount })
  const shards = Array.from({ length: shardCount }, (_, shard) =>
    exported.flatMap((output) => (output.kind === 'export' ? output.shards[shard]! : [])),
  )
  return { mdts, shards, migrationPairs, openers, touchedCount }
}

/** A shard for each worker, more where the memory of a worker asks for it, less where there is little to do. */
export function planShardCount(touchedCount: number, workers: number): number {
  const [least, most] = [Math.ceil(touchedCount / SHARD_FIDS), Math.ceil(touchedCount / SHARD_FIDS_LEAST)]
  return Math.min(PARTITION_COUNT, Math.max(1, least, Math.min(most, workers)))
}

function onEachWorker(pool: ReducePool, input: Parameters<ReducePool['run']>[0]) {
  return Promise.all(Array.from({ length: pool.size }, (_, workerIndex) => pool.runOn(workerIndex, input)))
}

function joinWords(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((length, part) => length + part.length, 0))
  let filled = 0
  for (const part of parts) {
    all.set(part, filled)
    filled += part.length
  }
  return all
}
