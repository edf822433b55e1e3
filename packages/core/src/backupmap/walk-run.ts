import { packFids } from '../types/fid.js'
import { drainDirectories } from '../workers/drain-directories.js'
import { InFlight } from '../workers/in-flight.js'
import type { MapPart } from './backupmap-types.js'
import type { WalkFailure } from './expand-directories.js'
import { PARTITIONS } from './map.job.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapSite } from './map-site-types.js'
import { ask, eachWorker } from './map-workers.js'
import type { WalkDirectory, Walked } from './walk-directories.js'
import { walkFailed } from './walk-failed.js'

export const BATCH_DIRECTORIES = 64

/** What was walked, summed up as the workers report it. Anything that could not be read ends the walk at its end. */
export class WalkSum {
  directoryCount = 0
  entryCount = 0
  sizeBytes = 0n
  readonly #failures: WalkFailure[] = []

  add(directories: readonly WalkDirectory[], walked: Walked): void {
    this.directoryCount += directories.length
    this.entryCount += walked.entryCount
    this.sizeBytes += walked.sizeBytes
    this.#failures.push(...walked.failures)
  }

  assertWhole(): void {
    if (this.#failures.length > 0) throw walkFailed(this.#failures)
  }
}

/** Writes a comparison of every directory of S1. `full`: for a full map. */
export async function walkTree({ signal, log }: MapContext, site: MapSite, pool: MapPool, full: boolean): Promise<WalkSum> {
  const sum = new WalkSum()
  const root: WalkDirectory = { path: new Uint8Array(0), fid: packFids([site.roots.dataPath]) }
  await drainDirectories(
    [root],
    { batchSize: BATCH_DIRECTORIES, inFlight: pool.capacity * 2 },
    async (directories) => {
      const { walked } = await ask(pool, { kind: 'walk', directories, full })
      sum.add(directories, walked)
      return walked.directories
    },
    signal,
  )
  sum.assertWhole()
  log.info('the snapshot was walked', { entryCount: sum.entryCount, sizeBytes: sum.sizeBytes })
  return sum
}

/** Brings together what the walk met of objects with several links; `allNames`: that was the whole tree. Gives the bytes of those files. */
export async function groupWalked(pool: MapPool, allNames: boolean): Promise<bigint> {
  const partitions: MapPart[][] = Array.from({ length: PARTITIONS }, () => [])
  for (const output of await Promise.all(eachWorker(pool, { kind: 'partitions' }))) {
    if (output.kind === 'partitions') output.partitions.forEach((parts, index) => void partitions[index]!.push(...parts))
  }
  let sizeBytes = 0n
  const work = new InFlight(pool.capacity)
  for (const parts of partitions) {
    if (parts.length === 0) continue
    await work.start(async () => {
      const group = await ask(pool, { kind: 'group', parts, allNames })
      sizeBytes += group.sizeBytes
    })
  }
  await work.drain()
  return sizeBytes
}
