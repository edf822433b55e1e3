import type { LogRange } from '../changelog/read-logs-run.js'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import { markOurs } from '../snapshot/mark-ours.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { loadBackup, type SourceBackup, snapshotOfBackup } from '../source/source-backup.js'
import { readLink, removeLink, replaceLink } from '../state/state-link.js'
import { percentEncode } from '../types/path-bytes.js'
import { sharedCounter } from '../workers/shared-counter.js'
import { BACKUPMAP_FORMAT, BACKUPMAP_VERSION, type MapHeader, SOURCE_ONLY_PARTS } from './backupmap-types.js'
import { chooseSnapshot } from './choose-snapshot.js'
import { runFullMap } from './full-map-run.js'
import { gatherFacts } from './gather-facts-run.js'
import { runIncrementalMap } from './incremental-map-run.js'
import { areaOf } from './map-area.js'
import { type FinishedMap, isWhole, loadUsableMap, makeWorkFolders, publishMap, removeWorkFolders } from './map-folder.js'
import { planMapKind } from './map-kind-plan.js'
import type { MapContext, MapRequest, MapResult } from './map-request-types.js'
import type { MapBase, MapContent, MapSite } from './map-site-types.js'
import { StepClock } from './step-clock.js'

const POSTFIX = 'map'

/**
 * Makes the backupmap of a snapshot: mounts it and the base, decides whether an incremental map is possible, makes the parts in a work folder, and publishes it.
 * The caller holds the lock of the source. Whatever happens, nothing that this run mounted stays mounted, and no unfinished map is left.
 */
export async function runSourceMap(context: MapContext, request: MapRequest): Promise<MapResult> {
  const { layout } = context
  const base = loadBackup(layout, 'last_backup')
  const snapshots = markOurs(await context.snapshots.list(), layout)
  await clearUp(context, snapshots)
  const snapshot = chooseSnapshot(snapshots, request.snapshot, base?.timestamp ?? null, context.config.lustre.fsname)
  if (snapshot === null) return { kind: 'nothing-newer', lastBackup: base!.timestamp }
  const existing = loadUsableMap(layout, snapshot)
  const fits = existing !== null && isStillValid(existing, base) && !(request.full && existing.header.kind === 'incremental')
  if (fits && (await isWhole(existing, context.log))) return { kind: 'exists', folder: existing.folder, header: existing.header }
  if (existing !== null) assertNotInProgress(context, snapshot)
  const baseSnapshot = base === null ? null : snapshotOfBackup(snapshots, base)
  const mounted: Snapshot[] = []
  const mount = async (one: Snapshot) => {
    mounted.push(one)
    return await context.mounts.mount(one, POSTFIX)
  }
  // Protects the snapshot while its map is being made; of a run that died it is what the next one clears up by.
  replaceLink(layout.link('inprogress_backupmap'), layout.backupmap(snapshot.timestamp))
  try {
    return await makeMap(context, request, { base, baseSnapshot, snapshot, mount })
  } finally {
    removeWorkFolders(layout)
    await Promise.all(mounted.map((one) => umountQuietly(context, one)))
    // Last: as long as it is there, the next run looks for what this one has left.
    removeLink(layout.link('inprogress_backupmap'))
  }
}

/** What a run that died has left: the caller holds the lock, so that nobody else can be at it. */
async function clearUp(context: MapContext, snapshots: readonly Snapshot[]): Promise<void> {
  const { layout, mounts, log } = context
  const left = readLink(layout.link('inprogress_backupmap'))
  if (left === null) return
  log.warning('an earlier run was ended while it made a map; it is cleared up', { map: left })
  for (const snapshot of snapshots) if ((await mounts.postfixes(snapshot)).includes(POSTFIX)) await umountQuietly(context, snapshot)
  removeWorkFolders(layout)
  removeLink(layout.link('inprogress_backupmap'))
}

/** An incremental map leads from one base only; a full one leads from anywhere. */
export function isStillValid({ header }: FinishedMap, base: SourceBackup | null): boolean {
  return header.kind === 'full' || header.base?.timestamp === base?.timestamp
}

function assertNotInProgress({ layout }: MapContext, snapshot: Snapshot): void {
  if (loadBackup(layout, 'inprogress_backup')?.timestamp !== snapshot.timestamp) return
  throw new LustrebackupError('MAP_IN_USE', `the backup of ${snapshot.name} is in progress: its map cannot be replaced`, {
    hint: 'let lustrebackup_target finish it, or give it up with lustrebackup_target_abort',
  })
}

interface Chosen {
  readonly base: SourceBackup | null
  readonly baseSnapshot: Snapshot | null
  readonly snapshot: Snapshot
  mount(snapshot: Snapshot): Promise<string>
}

async function makeMap(context: MapContext, request: MapRequest, chosen: Chosen): Promise<MapResult> {
  const { layout, config, log } = context
  const clock = new StepClock(log, context.elapsedSeconds)
  const area = areaOf(config, context.reachBytes)
  const { snapshot, base, baseSnapshot } = chosen
  const { mountPoint, baseMount } = await clock.run('mount the snapshots', () => mountBoth(chosen))
  const baseMap = base === null ? null : await loadBaseMap(context, base)
  const factsRequest = { base, baseSnapshot, baseHeader: baseMap?.header ?? null, snapshot, mountPoint, area }
  const facts = await clock.run('look at base and changelogs', () => gatherFacts(context, factsRequest))
  const plan = planMapKind(facts, { full: request.full, onGap: config.backup.onChangelogGap })
  if (plan.kind === 'impossible') throw impossible(snapshot, plan.reasons)
  if (baseMount.status === 'rejected') throw baseMount.reason
  const mapBase: MapBase | null = base === null ? null : { backup: base, mountPoint: baseMount.value, map: baseMap }
  const logs = config.lustre.mdts.map((mdt) => rangeOf(mdt, snapshot, base, plan.kind))
  const folders = makeWorkFolders(layout, snapshot.timestamp)
  const site: MapSite = { base: mapBase, snapshot, mountPoint, area, roots: facts.roots, logs, ...folders, clock, counter: sharedCounter() }
  const content = plan.kind === 'incremental' ? await runIncrementalMap(context, site, facts.map!) : await runFullMap(context, site)
  context.signal.throwIfAborted()
  const header = headerOf(context, site, plan.kind, facts.doubts.atSnapshot, content)
  if (header.unproven.length > 0) log.warning('the next map will have to be a full one', { reasons: header.unproven })
  const folder = request.dryRun ? null : publishMap(layout, folders, header)
  log.info('backupmap made', { kind: header.kind, snapshot: snapshot.name, counts: header.counts, folder })
  return { kind: 'made', folder, header, steps: clock.steps, reasons: plan.kind === 'full' ? plan.reasons : [] }
}

/** Waits for both: what fails leaves none half mounted. Whether the base is needed is not known yet, so that its failure is kept for later. */
async function mountBoth({ snapshot, baseSnapshot, mount }: Chosen) {
  const [own, base] = await Promise.allSettled([mount(snapshot), baseSnapshot === null ? null : mount(baseSnapshot)])
  if (own.status === 'rejected') throw own.reason
  return { mountPoint: own.value, baseMount: base }
}

/** The map of the base, if what it holds for the next interval is whole: a set that lacks entries would be a set of changes that are missed. */
async function loadBaseMap({ layout, log }: MapContext, base: SourceBackup): Promise<FinishedMap | null> {
  const map = loadUsableMap(layout, { timestamp: base.timestamp, name: base.snapshotName })
  if (map === null) return null
  const parts = map.header.parts.filter(({ kind }) => SOURCE_ONLY_PARTS.has(kind))
  return (await isWhole({ ...map, header: { ...map.header, parts } }, log)) ? map : null
}

/** A full map reads whatever the log still holds. */
function rangeOf(mdt: string, snapshot: Snapshot, base: SourceBackup | null, kind: MapHeader['kind']): LogRange {
  const cursor = base?.cursors.find((one) => one.mdt === mdt)?.recno ?? null
  const startRecno = kind === 'full' || cursor === null ? null : cursor + 1n
  return { mdt, mdtname: `${snapshot.snapshotFsname}-${mdt}`, startRecno, cursor }
}

function headerOf(
  { config, software }: MapContext,
  site: MapSite,
  kind: MapHeader['kind'],
  unproven: readonly string[],
  content: MapContent,
): MapHeader {
  const { backup = null, mountPoint = null } = site.base ?? {}
  return {
    format: BACKUPMAP_FORMAT,
    version: BACKUPMAP_VERSION,
    software,
    kind,
    fsname: config.lustre.fsname,
    // A base that could not be looked at proves nothing: `same` then means nothing either.
    base: backup === null || mountPoint === null ? null : { timestamp: backup.timestamp, snapshotName: backup.snapshotName },
    snapshot: { timestamp: site.snapshot.timestamp, snapshotName: site.snapshot.name },
    mdts: content.mdts,
    roots: site.roots,
    dataPath: percentEncode(site.area.dataPath),
    unproven,
    counts: content.counts,
    tree: content.tree,
    comparison: content.comparison,
    settings: { largefileSizeBytes: config.lustre.largefileSizeBytes, hugefileSizeBytes: config.lustre.hugefileSizeBytes },
    parts: content.parts,
  }
}

function impossible(snapshot: Snapshot, reasons: readonly string[]): LustrebackupError {
  return new LustrebackupError('INCREMENTAL_IMPOSSIBLE', `an incremental map of ${snapshot.name} is impossible: ${reasons.join('; ')}`, {
    exitCode: EXIT.fullMapNeeded,
    hint: 'Make a full map: lustrebackup_source_map --full (or always in such a case: [BACKUP] on_changelog_gap = full). See also that the changelog user is registered on every MDT.',
  })
}

async function umountQuietly({ mounts, log }: MapContext, snapshot: Snapshot): Promise<void> {
  try {
    await mounts.umount(snapshot, POSTFIX, false)
  } catch (error) {
    log.warning('a snapshot stays mounted', { snapshot: snapshot.name, postfix: POSTFIX, reason: reasonOf(error) })
  }
}
