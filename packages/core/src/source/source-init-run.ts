import { areaOf } from '../backupmap/map-area.js'
import { type FinishedMap, listMaps, loadMap, loadUsableMap } from '../backupmap/map-folder.js'
import { neededParts } from '../backupmap/map-reader.js'
import type { MapContext } from '../backupmap/map-request-types.js'
import { isStillValid, runSourceMap } from '../backupmap/source-map-run.js'
import { LustrebackupError } from '../errors/errors.js'
import { markOurs } from '../snapshot/mark-ours.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { saveState } from '../state/state-file.js'
import { removeLink, replaceLink } from '../state/state-link.js'
import { percentEncode } from '../types/path-bytes.js'
import { chooseMap } from './choose-map-plan.js'
import { readSentMap } from './sent-map-run.js'
import { formatSourceBackup, loadBackup, type SourceBackup, snapshotOfBackup } from './source-backup.js'
import { offeredParts, PROTOCOL_VERSION, type SourceInit } from './source-init-types.js'

/** Postfix of the mount that the target reads from while a backup is in progress. */
export const BACKUP_POSTFIX = 'backup'

export interface InitContext extends MapContext {
  nowSeconds(): number
}

/**
 * Begins the backup that comes next, or finds the one in progress again, and says where everything is.
 * The record is made before the mount: interrupted anywhere, the next call continues. The caller holds the lock of the source.
 */
export async function runSourceInit(context: InitContext): Promise<SourceInit> {
  const last = loadBackup(context.layout, 'last_backup')
  const snapshots = markOurs(await context.snapshots.list(), context.layout)
  const resumed = inProgressAfter(context, last)
  const backup = resumed ?? (await begin(context, snapshots, last))
  if (backup === null) return answerOf(context, last, null)
  const map = mapOf(context, backup)
  const mountPoint = await context.mounts.mount(snapshotOf(snapshots, backup), BACKUP_POSTFIX)
  return answerOf(context, last, { backup, map, mountPoint, resumed: resumed !== null })
}

/** What `runSourceInit` would answer, for a dry run of the target: nothing is begun, and nothing is mounted. */
export async function runSourceLook(context: InitContext): Promise<SourceInit> {
  const last = loadBackup(context.layout, 'last_backup')
  const snapshots = markOurs(await context.snapshots.list(), context.layout)
  const inProgress = loadBackup(context.layout, 'inprogress_backup')
  const resumed = isAfter(inProgress, last)
  const backup = resumed ? inProgress : await next(context, snapshots, last)
  if (backup === null) return answerOf(context, last, null)
  const mountPoint = context.mounts.point(snapshotOf(snapshots, backup), BACKUP_POSTFIX)
  return answerOf(context, last, { backup, map: mapOf(context, backup), mountPoint, resumed })
}

interface Offer {
  readonly backup: SourceBackup
  readonly map: FinishedMap
  readonly mountPoint: string
  readonly resumed: boolean
}

function answerOf(context: InitContext, last: SourceBackup | null, offer: Offer | null): SourceInit {
  const answer = { protocol: PROTOCOL_VERSION, version: context.software, fsname: context.config.lustre.fsname } as const
  const lastBackup = last?.timestamp ?? null
  if (offer === null) return { ...answer, lastBackup, backup: null }
  const { backup, map, mountPoint, resumed } = offer
  return {
    ...answer,
    lastBackup,
    backup: {
      timestamp: backup.timestamp,
      snapshotName: backup.snapshotName,
      mountPoint,
      dataPath: percentEncode(areaOf(context.config, context.reachBytes).dataPath),
      map: {
        path: map.folder,
        headerDigest: map.headerDigest,
        parts: offeredParts(neededParts(map.header)),
        files: readSentMap(map.folder, neededParts(map.header)),
      },
      resumed,
    },
  }
}

/** A link that was left when its backup had become S0 already is removed. */
function inProgressAfter({ layout }: MapContext, last: SourceBackup | null): SourceBackup | null {
  const backup = loadBackup(layout, 'inprogress_backup')
  if (backup === null || isAfter(backup, last)) return backup
  removeLink(layout.link('inprogress_backup'))
  return null
}

function isAfter(backup: SourceBackup | null, last: SourceBackup | null): boolean {
  return backup !== null && (last === null || backup.timestamp > last.timestamp)
}

async function begin(context: InitContext, snapshots: readonly Snapshot[], last: SourceBackup | null): Promise<SourceBackup | null> {
  const { layout, log } = context
  const backup = await next(context, snapshots, last)
  if (backup === null) return null
  saveState(layout.backup(backup.timestamp), formatSourceBackup(backup))
  replaceLink(layout.link('inprogress_backup'), layout.backup(backup.timestamp))
  log.info('backup begun', { timestamp: backup.timestamp, snapshot: backup.snapshotName })
  return backup
}

/** The backup that comes next, as it will be recorded; null when there is none. */
async function next(context: InitContext, snapshots: readonly Snapshot[], last: SourceBackup | null): Promise<SourceBackup | null> {
  const map = await findMap(context, snapshots, last)
  if (map === null) return null
  const { header, headerDigest } = map
  return {
    fsname: header.fsname,
    timestamp: header.snapshot.timestamp,
    snapshotName: header.snapshot.snapshotName,
    base: last?.timestamp ?? null,
    headerDigest,
    cursors: header.mdts.map(({ mdt, endRecno }) => ({ mdt, recno: endRecno })),
    roots: header.roots,
    dataPath: header.dataPath,
    startedAt: context.nowSeconds(),
    finishedAt: null,
    owed: [],
  }
}

/** The map to work off; null when no snapshot is newer than S0. One that was made against an older S0 is made anew. */
async function findMap(context: InitContext, snapshots: readonly Snapshot[], last: SourceBackup | null): Promise<FinishedMap | null> {
  const { layout } = context
  const newer = snapshots.filter(({ timestamp }) => timestamp > (last?.timestamp ?? 0))
  const timestamps = new Set(listMaps(layout))
  const maps = newer.flatMap((snapshot) => (timestamps.has(snapshot.timestamp) ? (loadUsableMap(layout, snapshot) ?? []) : []))
  const candidates = maps.map(({ header }) => ({ timestamp: header.snapshot.timestamp, kind: header.kind }))
  const chosen = chooseMap(candidates, loadBackup(layout, 'between_backup')?.timestamp ?? null)
  if (chosen === null && !newer.some(({ ours }) => ours)) return null
  if (chosen === null) throw mapMissing(newer.find(({ ours }) => ours)!)
  const map = maps.find(({ header }) => header.snapshot.timestamp === chosen.timestamp)!
  if (isStillValid(map, last)) return map
  await runSourceMap(context, { full: false, snapshot: chosen.timestamp, dryRun: false })
  return loadMap(layout, chosen.timestamp)
}

function mapMissing(snapshot: Snapshot): LustrebackupError {
  return new LustrebackupError('MAP_MISSING', `the snapshot ${snapshot.name} waits to be backed up, but it has no backupmap`, {
    hint: 'make it on the source: lustrebackup_source_map',
  })
}

function mapOf({ layout }: MapContext, backup: SourceBackup): FinishedMap {
  const map = loadMap(layout, backup.timestamp)
  if (map !== null && map.headerDigest === backup.headerDigest) return map
  const what = map === null ? 'no longer exists' : 'is no longer the one that it was begun with'
  throw new LustrebackupError('MAP_CHANGED', `the map of the backup in progress (${backup.timestamp}) ${what}`, {
    hint: 'give the backup up with lustrebackup_target_abort, then make a full map: lustrebackup_source_map --full',
  })
}

function snapshotOf(snapshots: readonly Snapshot[], backup: SourceBackup): Snapshot {
  const snapshot = snapshotOfBackup(snapshots, backup)
  if (snapshot !== null) return snapshot
  throw new LustrebackupError('SNAPSHOT_MISSING', `the snapshot ${backup.snapshotName} of the backup in progress no longer exists`, {
    hint: 'give the backup up with lustrebackup_target_abort; then only a full map can finish the tree of the target',
  })
}
