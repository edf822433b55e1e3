import { Migrations } from '../changelog/migrations.js'
import type { Shards } from '../changelog/reduce-run.js'
import { TouchedSet } from '../changelog/touched-set.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import type { MapHeader } from './backupmap-types.js'
import { runExpand } from './expand-run.js'
import { wordsOfAll } from './identities.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapContent, MapSite } from './map-site-types.js'
import { ask, finishParts, withMapPool } from './map-workers.js'
import { PartWriter } from './part-writer.js'
import { loadPreviousSets } from './previous-sets.js'
import { namesFromLogs, reduceLogs, touchedRoom } from './reduce-logs-run.js'
import { addResolved, NOTHING_RESOLVED } from './resolve-sum.js'
import type { Resolved } from './resolve-types.js'
import { runSlice } from './slice-run.js'
import { mapIncomplete } from './walk-failed.js'
import { watchStep } from './watch-step.js'

const SECONDS_A_DAY = 86_400

/** Writes the parts of an incremental map: what the logs, and what was left of the last interval, say was touched. */
export async function runIncrementalMap(context: MapContext, site: MapSite, baseHeader: MapHeader): Promise<MapContent> {
  const { clock } = site
  const reduced = await clock.run('read the changelogs', () => reduceLogs(context, site, null))
  const migrations = new Migrations(reduced.migrationPairs)
  const { touched, openers } = await clock.run('load the sets of the last interval', () =>
    loadPreviousSets(site.base!.map, site.base!.backup.owed, migrations, touchedRoom(context, site, 'before')),
  )
  openers.addInterval(reduced.openers)
  openers.touchAll(touched)
  return await withMapPool(context, site, reduced.migrationPairs, async (pool) => {
    await clock.run('walk what is owed', () => expandOwed(context, site, pool, migrations, touched))
    const touchedBefore = touched.count
    const shards = addToShards(reduced.shards, touched)
    const resolved = await clock.run('look up what was touched', () =>
      resolveWatched(context, site, pool, shards, reduced.touchedCount + touchedBefore),
    )
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

/** A directory that the target lacks is owed with everything below. */
async function expandOwed(
  { signal }: MapContext,
  { base }: MapSite,
  pool: MapPool,
  migrations: Migrations,
  touched: TouchedSet,
): Promise<void> {
  const { owed } = base!.backup
  if (owed.length === 0) return
  const fids = wordsOfAll(owed)
  for (let at = 0; at < fids.length; at += FID_WORDS) migrations.toNewest(fids, at)
  const { directories } = await ask(pool, { kind: 'directories', fids })
  await runExpand(pool, 's1', directories, Touched.owed | Touched.meta, touched, signal)
}

function addToShards(shards: Shards, more: TouchedSet): Shards {
  const added = more.export(shards.length)
  return shards.map((shard, index) => [...shard, ...added[index]!])
}

function resolveWatched(context: MapContext, site: MapSite, pool: MapPool, shards: Shards, total: number): Promise<Resolved> {
  const step = { phase: 'look up what was touched', unit: 'FIDs', total }
  return watchStep(context.progress, step, site.counter, () => resolveAll(context, site, pool, shards))
}

/**
 * Everything that was touched; then what came into the area or left it with a directory, which has no record of its own;
 * then inodes with so many links that the log has to be asked for their names. No FID is resolved twice.
 */
async function resolveAll(context: MapContext, site: MapSite, pool: MapPool, shards: Shards): Promise<Resolved> {
  const touched = await resolveShards(pool, shards, [], null)
  const walked = await resolveWalked(context, site, pool, shards, touched)
  const both = addResolved(touched, walked)
  if (both.deficits.length === 0) return both
  const names = await namesFromLogs(context, site, both.deficits)
  const named = await ask(pool, { kind: 'resolve', entries: [both.deficits], done: [], names })
  return addResolved({ ...both, deficits: NOTHING_RESOLVED.deficits }, named.resolved)
}

async function resolveWalked(context: MapContext, site: MapSite, pool: MapPool, shards: Shards, touched: Resolved): Promise<Resolved> {
  const { entered, left } = touched
  if (entered.length === 0 && left.length === 0) return NOTHING_RESOLVED
  const found = new TouchedSet(touchedRoom(context, site, 'walked'))
  await runExpand(pool, 's1', entered, Touched.walked, found, context.signal)
  await runExpand(pool, 's0', left, Touched.walked, found, context.signal)
  return await resolveShards(pool, found.export(shards.length), shards, null)
}

async function resolveShards(pool: MapPool, shards: Shards, done: Shards, names: null): Promise<Resolved> {
  const outputs = await Promise.all(shards.map((entries, index) => ask(pool, { kind: 'resolve', entries, done: done[index] ?? [], names })))
  return outputs.map(({ resolved }) => resolved).reduce(addResolved, NOTHING_RESOLVED)
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
