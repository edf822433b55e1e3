import { collectLogNames } from '../changelog/read-logs-run.js'
import { type Reduced, runReduce } from '../changelog/reduce-run.js'
import type { TouchedRoom } from '../changelog/touched-set.js'
import { addToCounter } from '../workers/shared-counter.js'
import type { MapContext } from './map-request-types.js'
import type { MapSite } from './map-site-types.js'
import { watchStep } from './watch-step.js'

type ReducePool = ReturnType<MapContext['pools']['reduce']>

/**
 * Reads the changelogs of a map's interval into touched sets.
 *
 * @param tailSeconds Unix time from which on files with changes are marked to be looked at again; `null` marks none.
 */
export function reduceLogs(context: MapContext, site: MapSite, tailSeconds: number | null): Promise<Reduced> {
  const { lustre, signal, progress } = context
  const step = { phase: 'read the changelogs', unit: 'records', total: 0 }
  const onRecords = (count: number) => addToCounter(site.counter, count)
  return withReducePool(context, site, tailSeconds, (pool) =>
    watchStep(progress, step, site.counter, () => runReduce(lustre, site.logs, pool, onRecords, signal)),
  )
}

/** The names that the changelogs tell of inodes with more links than could be found, read once more. */
export function namesFromLogs(context: MapContext, site: MapSite, wanted: Uint32Array): ReturnType<typeof collectLogNames> {
  return withReducePool(context, site, null, (pool) => collectLogNames(context.lustre, site.logs, wanted, pool, context.signal))
}

/** Where a touched set of a map lies, and how much of it in memory. */
export function touchedRoom({ entriesInMemory }: MapContext, { touchedFolder }: MapSite, name: string): TouchedRoom {
  return { entriesInMemory, folder: touchedFolder, name }
}

async function withReducePool<T>(
  { pools, entriesInMemory }: MapContext,
  { touchedFolder }: MapSite,
  tailSeconds: number | null,
  work: (pool: ReducePool) => Promise<T>,
): Promise<T> {
  const pool = pools.reduce({ tailSeconds, entriesInMemory, folder: touchedFolder })
  try {
    return await work(pool)
  } finally {
    await pool.close()
  }
}
