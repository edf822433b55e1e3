import { Migrations } from '../changelog/migrations.js'
import type { Reduced } from '../changelog/reduce-run.js'
import { isTemporary } from '../changelog/reduction.js'
import { FID_WORDS, Touched } from '../changelog/touched-types.js'
import { fidOfWords } from '../types/fid.js'
import { Identities } from './identities.js'
import type { MapContext, MapPool } from './map-request-types.js'
import type { MapContent, MapSite } from './map-site-types.js'
import { ask, finishParts, recheckSince, withMapPool } from './map-workers.js'
import { PartWriter } from './part-writer.js'
import { loadPreviousSets } from './previous-sets.js'
import { readShard } from './read-shard.js'
import { reduceLogs, touchedRoom } from './reduce-logs-run.js'
import { NO_COUNTS } from './resolve-types.js'
import { groupWalked, type WalkSum, walkTree } from './walk-run.js'
import { watchStep } from './watch-step.js'

/** Writes the parts of a full map: every directory of S1 with its entries. The logs are read for the cursors, the open writers and the tail. */
export async function runFullMap(context: MapContext, site: MapSite): Promise<MapContent> {
  const { clock } = site
  const reduced = await clock.run('read the changelogs', () => reduceLogs(context, site, recheckSince(site)))
  const own = new PartWriter(site.folder, 'main')
  await writeSets(context, site, reduced, own)
  return await withMapPool(context, site, reduced.migrationPairs, async (pool) => {
    await clock.run('look at the root', () => writeRoot(pool))
    const walked = await clock.run('walk the snapshot', () => walkWatched(context, site, pool))
    const linkedBytes = await clock.run('bring hard links together', () => groupWalked(pool, true))
    const { entryCount, directoryCount } = walked
    return {
      counts: { ...NO_COUNTS, touched: entryCount, created: entryCount },
      tree: { entryCount, sizeBytes: walked.sizeBytes + linkedBytes },
      comparison: { cursor: null, cycleStart: site.snapshot.timestamp, directoryCount, entryCount },
      mdts: reduced.mdts,
      parts: [...(await finishParts(pool)), ...own.finish()],
    }
  })
}

/** The sets for the next interval that come from the log: open writers, and what was written to shortly before the snapshot. */
async function writeSets(context: MapContext, site: MapSite, reduced: Reduced, writer: PartWriter): Promise<void> {
  const { openers } = await loadPreviousSets(
    site.base?.map ?? null,
    [],
    new Migrations(reduced.migrationPairs),
    touchedRoom(context, site, 'before'),
  )
  openers.addInterval(reduced.openers)
  for (const entry of openers.entries(null, site.snapshot.timestamp, null)) writer.write('opener', entry)
  const identities = new Identities(reduced.migrationPairs)
  for (const shard of reduced.shards) {
    const { fids, bits } = readShard(shard, [], identities)
    bits.forEach((bit, item) => {
      if (bit & Touched.recheck && !isTemporary(bit)) writer.write('recheck', { fid: fidOfWords(fids, item * FID_WORDS) })
    })
  }
}

/** The tree was about as large at the last map. */
function walkWatched(context: MapContext, site: MapSite, pool: MapPool): Promise<WalkSum> {
  const step = { phase: 'walk the snapshot', unit: 'entries', total: site.base?.map?.header.tree.entryCount ?? 0 }
  return watchStep(context.progress, step, site.counter, () => walkTree(context, site, pool, true))
}

/** The attributes of `data_path` itself, which is no entry of any directory. */
async function writeRoot(pool: MapPool): Promise<void> {
  await ask(pool, { kind: 'root' })
}
