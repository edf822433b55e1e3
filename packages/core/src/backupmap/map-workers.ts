import { stopFlagOf } from '../workers/stop-flag.js'
import type { MapPart } from './backupmap-types.js'
import type { MapInput, MapOutput } from './map.job.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapSite } from './map-site-types.js'

/** Requests of one batch that a worker keeps under way: a lookup is a round trip, and a worker would wait most of the time. */
export const IN_FLIGHT = 64
/** Changes younger than this before the snapshot may not have reached it. */
const RECHECK_SECONDS = 3600

/** Start of the time before the snapshot (unix seconds) whose changes are looked at again in the next interval. */
export function recheckSince(site: MapSite): number {
  return site.snapshot.timestamp - RECHECK_SECONDS
}

/** Starts the workers of a map, calls `work`, and lets go of the mounts and of the threads whatever happens. */
export async function withMapPool<T>(
  context: MapContext,
  site: MapSite,
  migrationPairs: Uint32Array,
  work: (pool: MapPool) => Promise<T>,
): Promise<T> {
  const pool = context.pools.map({
    liblustreapi: context.config.lustre.liblustreapi,
    inFlight: IN_FLIGHT,
    folder: site.folder,
    partitionFolder: site.partitionFolder,
    s0MountPoint: site.base?.mountPoint ?? null,
    s1MountPoint: site.mountPoint,
    dataPath: site.area.dataPath,
    metaBasepath: site.area.metaBasepath,
    reachBytes: site.area.reachBytes,
    migrationPairs,
    recheckSinceNs: BigInt(recheckSince(site)) * 1_000_000_000n,
    stop: stopFlagOf(context.signal),
    counter: site.counter,
  })
  try {
    return await work(pool)
  } finally {
    await Promise.allSettled(eachWorker(pool, { kind: 'close' }))
    await pool.close()
  }
}

export function eachWorker(pool: MapPool, input: MapInput): Promise<MapOutput>[] {
  return Array.from({ length: pool.size }, (_, workerIndex) => pool.runOn(workerIndex, input))
}

/** The answer of one kind; the job answers every input with the output of its kind. */
export async function ask<K extends MapInput['kind']>(
  pool: MapPool,
  input: Extract<MapInput, { kind: K }>,
): Promise<Extract<MapOutput, { kind: K }>> {
  return (await pool.run(input)) as Extract<MapOutput, { kind: K }>
}

/** Ends the map in every worker: their parts. */
export async function finishParts(pool: MapPool): Promise<MapPart[]> {
  const outputs = await Promise.all(eachWorker(pool, { kind: 'finish' }))
  return outputs.flatMap((output) => (output.kind === 'finish' ? output.parts : []))
}
