import { Migrations } from '../changelog/migrations.js'
import { type Reduced, runReduce } from '../changelog/reduce-run.js'
import { isTemporary } from '../changelog/reduction.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { Touched } from '../changelog/touched-types.js'
import { packFids } from '../types/fid.js'
import { drainDirectories } from '../workers/drain-directories.js'
import { InFlight } from '../workers/in-flight.js'
import type { MapPart } from './backupmap-types.js'
import type { WalkFailure } from './expand-directories.js'
import { fidOfWords } from './identities.js'
import { PARTITIONS } from './map.job.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapContent, MapSite } from './map-site-types.js'
import { ask, eachWorker, finishParts, recheckSince, withMapPool } from './map-workers.js'
import { PartWriter } from './part-writer.js'
import { loadPreviousSets } from './previous-sets.js'
import { NO_COUNTS } from './resolve-types.js'
import type { WalkDirectory } from './walk-directories.js'
import { walkFailed } from './walk-failed.js'

const BATCH_DIRECTORIES = 64

/** Writes the parts of a full map: every directory of S1 with its entries. The logs are read for the cursors, the open writers and the tail. */
export async function runFullMap(context: MapContext, site: MapSite): Promise<MapContent> {
  const { clock } = site
  const reduced = await clock.run('read the changelogs', () => reduceLogs(context, site))
  const own = new PartWriter(site.folder, 'main')
  await writeSets(site, reduced, own)
  return await withMapPool(context, site, reduced.migrationPairs, async (pool) => {
    await clock.run('look at the root', () => writeRoot(pool))
    const walked = await clock.run('walk the snapshot', () => walkAll(context, site, pool))
    const linkedBytes = await clock.run('bring hard links together', () => groupAll(pool))
    const entryCount = walked.entryCount
    return {
      counts: { ...NO_COUNTS, touched: entryCount, created: entryCount },
      tree: { entryCount, sizeBytes: walked.sizeBytes + linkedBytes },
      mdts: reduced.mdts,
      parts: [...(await finishParts(pool)), ...own.finish()],
    }
  })
}

async function reduceLogs({ pools, lustre, signal }: MapContext, site: MapSite): Promise<Reduced> {
  const pool = pools.reduce({ tailSeconds: recheckSince(site) })
  try {
    return await runReduce(lustre, site.logs, pool, pool.size, signal)
  } finally {
    await pool.close()
  }
}

/** The sets for the next interval that come from the log: open writers, and what was written to shortly before the snapshot. */
async function writeSets(site: MapSite, reduced: Reduced, writer: PartWriter): Promise<void> {
  const { openers } = await loadPreviousSets(site.base?.map ?? null, [], new Migrations(reduced.migrationPairs))
  openers.addInterval(reduced.openers)
  for (const entry of openers.entries(null, site.snapshot.timestamp, null)) writer.write('opener', entry)
  for (const shard of reduced.shards) {
    const table = new TouchedTable()
    for (const entries of shard) table.merge(entries)
    table.visit((words, offset, bits) => {
      if (bits & Touched.recheck && !isTemporary(bits)) writer.write('recheck', { fid: fidOfWords(words, offset) })
    })
  }
}

/** The attributes of `data_path` itself, which is no entry of any directory. */
async function writeRoot(pool: MapPool): Promise<void> {
  await ask(pool, { kind: 'root' })
}

async function walkAll({ signal, log }: MapContext, site: MapSite, pool: MapPool): Promise<{ entryCount: number; sizeBytes: bigint }> {
  const sum = { entryCount: 0, sizeBytes: 0n }
  const failures: WalkFailure[] = []
  const root: WalkDirectory = { path: new Uint8Array(0), fid: packFids([site.roots.dataPath]) }
  await drainDirectories(
    [root],
    { batchSize: BATCH_DIRECTORIES, inFlight: pool.size * 2 },
    async (directories) => {
      const { walked } = await ask(pool, { kind: 'walk', directories })
      sum.entryCount += walked.entryCount
      sum.sizeBytes += walked.sizeBytes
      failures.push(...walked.failures)
      return walked.directories
    },
    signal,
  )
  if (failures.length > 0) throw walkFailed(failures)
  log.info('the snapshot was walked', { entryCount: sum.entryCount, sizeBytes: sum.sizeBytes })
  return sum
}

/** Gives the bytes of the files with several links. */
async function groupAll(pool: MapPool): Promise<bigint> {
  const partitions: MapPart[][] = Array.from({ length: PARTITIONS }, () => [])
  for (const output of await Promise.all(eachWorker(pool, { kind: 'partitions' }))) {
    if (output.kind === 'partitions') output.partitions.forEach((parts, index) => void partitions[index]!.push(...parts))
  }
  let sizeBytes = 0n
  const work = new InFlight(pool.size)
  for (const parts of partitions) {
    if (parts.length === 0) continue
    await work.start(async () => {
      sizeBytes += (await ask(pool, { kind: 'group', parts })).sizeBytes
    })
  }
  await work.drain()
  return sizeBytes
}
