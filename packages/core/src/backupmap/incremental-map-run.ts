import { Migrations } from '../changelog/migrations.js'
import { collectLogNames } from '../changelog/read-logs-run.js'
import { runReduce } from '../changelog/reduce-run.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import type { MapHeader } from './backupmap-types.js'
import { runExpand } from './expand-run.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapContent, MapSite } from './map-site-types.js'
import { ask, finishParts, withMapPool } from './map-workers.js'
import { PartWriter } from './part-writer.js'
import { loadPreviousSets } from './previous-sets.js'
import { addResolved, NOTHING_RESOLVED } from './resolve-sum.js'
import type { Resolved } from './resolve-types.js'
import { runSlice } from './slice-run.js'
import { mapIncomplete } from './walk-failed.js'

const SECONDS_A_DAY = 86_400

type Shards = readonly (readonly Uint32Array[])[]

/** Writes the parts of an incremental map: what the logs, and what was left of the last interval, say was touched. */
export async function runIncrementalMap(context: MapContext, site: MapSite, baseHeader: MapHeader): Promise<MapContent> {
  const { clock } = site
  const reduced = await clock.run('read the changelogs', () => reduceLogs(context, site))
  const { touched, openers } = await clock.run('load the sets of the last interval', () =>
    loadPreviousSets(site.base!.map, site.base!.backup.owed, new Migrations(reduced.migrationPairs)),
  )
  openers.addInterval(reduced.openers)
  openers.touchAll(touched)
  return await withMapPool(context, site, reduced.migrationPairs, async (pool) => {
    await clock.run('walk what is owed', () => expandOwed(context, pool, touched))
    const shards = addToShards(reduced.shards, touched)
    const resolved = await clock.run('look up what was touched', () => resolveAll(context, site, pool, shards))
    if (resolved.counts.failed > 0) throw failed(resolved)
    const own = new PartWriter(site.folder, 'main')
    for (const entry of openers.entries(resolved.openers, site.snapshot.timestamp, expireSeconds(context))) own.write('opener', entry)
    const tree = {
      entryCount: baseHeader.tree.entryCount + resolved.treeEntries,
      sizeBytes: baseHeader.tree.sizeBytes + resolved.treeBytes,
    }
    const comparison = await clock.run('walk what is compared', () => runSlice(context, site, pool, baseHeader, tree.entryCount))
    return {
      counts: resolved.counts,
      tree,
      comparison,
      mdts: reduced.mdts,
      parts: [...(await finishParts(pool)), ...own.finish()],
    }
  })
}

async function reduceLogs({ pools, lustre, signal }: MapContext, site: MapSite) {
  const pool = pools.reduce({ tailSeconds: null })
  try {
    return await runReduce(lustre, site.logs, pool, pool.size, signal)
  } finally {
    await pool.close()
  }
}

/** A directory that the target lacks is owed with everything below. */
async function expandOwed({ signal }: MapContext, pool: MapPool, touched: TouchedTable): Promise<void> {
  const owed: number[] = []
  touched.visit((words, offset, bits) => {
    if (bits & Touched.owed) owed.push(...words.subarray(offset, offset + FID_WORDS))
  })
  if (owed.length === 0) return
  const { directories } = await ask(pool, { kind: 'directories', fids: Uint32Array.from(owed) })
  await runExpand(pool, 's1', directories, Touched.owed | Touched.meta, touched, signal)
}

function addToShards(shards: Shards, more: TouchedTable): Shards {
  const added = more.exportShards(shards.length, () => false)
  return shards.map((shard, index) => [...shard, added[index]!])
}

/**
 * Everything that was touched; then what came into the area or left it with a directory, which has no record of its own;
 * then inodes with so many links that the log has to be asked for their names. No FID is resolved twice.
 */
async function resolveAll(context: MapContext, site: MapSite, pool: MapPool, shards: Shards): Promise<Resolved> {
  const touched = await resolveShards(pool, shards, [], null)
  const walked = await resolveWalked(context, pool, shards, touched)
  const both = addResolved(touched, walked)
  if (both.deficits.length === 0) return both
  const names = await namesOf(context, site, both.deficits)
  const named = await ask(pool, { kind: 'resolve', entries: [both.deficits], done: [], names })
  return addResolved({ ...both, deficits: NOTHING_RESOLVED.deficits }, named.resolved)
}

async function resolveWalked({ signal }: MapContext, pool: MapPool, shards: Shards, { entered, left }: Resolved): Promise<Resolved> {
  if (entered.length === 0 && left.length === 0) return NOTHING_RESOLVED
  const found = new TouchedTable()
  await runExpand(pool, 's1', entered, Touched.walked, found, signal)
  await runExpand(pool, 's0', left, Touched.walked, found, signal)
  const walked = found.exportShards(shards.length, () => false)
  return await resolveShards(
    pool,
    walked.map((entries) => [entries]),
    shards,
    null,
  )
}

async function resolveShards(pool: MapPool, shards: Shards, done: Shards, names: null): Promise<Resolved> {
  const outputs = await Promise.all(shards.map((entries, index) => ask(pool, { kind: 'resolve', entries, done: done[index] ?? [], names })))
  return outputs.map(({ resolved }) => resolved).reduce(addResolved, NOTHING_RESOLVED)
}

async function namesOf({ pools, lustre, signal }: MapContext, site: MapSite, wanted: Uint32Array) {
  const pool = pools.reduce({ tailSeconds: null })
  try {
    return await collectLogNames(lustre, site.logs, wanted, pool, signal)
  } finally {
    await pool.close()
  }
}

function failed({ counts, failures }: Resolved) {
  return mapIncomplete(
    counts.failed,
    'inodes',
    failures.map(({ fid, reason }) => `${fid} (${reason})`),
  )
}

/** An open writer that has not changed anything for as long as a comparison of everything takes is given up. */
function expireSeconds({ config }: MapContext): number | null {
  const { compareDays } = config.backup
  return typeof compareDays === 'number' && compareDays > 0 ? compareDays * SECONDS_A_DAY : null
}
