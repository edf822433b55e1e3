import { firstRecno } from '../changelog/inspect-log.js'
import type { Config } from '../config/config-types.js'
import { crashPoint } from '../crash/crash-point.js'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { Lustre } from '../lustre/lustre-port.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import type { HistoryLimits } from '../state/history-plan.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { saveState } from '../state/state-file.js'
import { removeLink, replaceLink } from '../state/state-link.js'
import type { Fid } from '../types/fid.js'
import { forgetHistory } from './forget-history-run.js'
import { type Cursor, formatSourceBackup, loadBackup, type SourceBackup } from './source-backup.js'
import { BACKUP_POSTFIX } from './source-init-run.js'

export interface DoneContext {
  readonly config: Config
  readonly layout: MetaLayout
  readonly lustre: Lustre
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly log: Log
  readonly history: HistoryLimits
  nowSeconds(): number
}

export interface DoneResult {
  readonly backup: SourceBackup
  /** An earlier call had made it S0 already. */
  readonly repeated: boolean
}

/**
 * Makes the backup in progress S0, durably and with what it owes; only then clears the changelogs up to its cursors, unmounts, and removes what is
 * kept of earlier backups no longer.
 * Every step is safe to repeat, so that a call that was interrupted anywhere is simply made again. The caller holds the lock of the source.
 */
export async function runSourceDone(context: DoneContext, timestamp: number, owed: readonly Fid[]): Promise<DoneResult> {
  const { layout, log } = context
  const last = loadBackup(layout, 'last_backup')
  const inProgress = loadBackup(layout, 'inprogress_backup')
  const repeated = last?.timestamp === timestamp
  // One that was given up here can have been finished there already, before the target could say so.
  const source = repeated ? last : (inProgress ?? loadBackup(layout, 'between_backup'))
  if (source === null || source.timestamp !== timestamp) throw notInProgress(timestamp, inProgress, last)
  const backup: SourceBackup = {
    ...source,
    finishedAt: source.finishedAt ?? context.nowSeconds(),
    owed: [...new Set([...source.owed, ...owed])],
  }
  saveState(layout.backup(timestamp), formatSourceBackup(backup))
  replaceLink(layout.link('last_backup'), layout.backup(timestamp))
  if (inProgress?.timestamp === timestamp) removeLink(layout.link('inprogress_backup'))
  releaseBetween(layout, timestamp)
  log.info('backup done', { timestamp, owedCount: backup.owed.length, repeated })
  for (const cursor of backup.cursors) await clearUpTo(context, cursor)
  await umount(context, backup)
  forgetHistory(layout, context.history, log)
  return { backup, repeated }
}

function notInProgress(timestamp: number, inProgress: SourceBackup | null, last: SourceBackup | null): LustrebackupError {
  const state = `in progress: ${inProgress?.timestamp ?? 'none'}; last one done: ${last?.timestamp ?? 'none'}`
  return new LustrebackupError('BACKUP_NOT_IN_PROGRESS', `the backup ${timestamp} cannot be finished: it is not in progress (${state})`, {
    exitCode: EXIT.usage,
    hint: 'the timestamp is that of the snapshot, as lustrebackup_source_init gave it',
  })
}

/** A finished backup leaves the target's tree in one piece: what was given up before it need not be kept any more. */
function releaseBetween(layout: MetaLayout, timestamp: number): void {
  const between = loadBackup(layout, 'between_backup')
  if (between !== null && between.timestamp <= timestamp) removeLink(layout.link('between_backup'))
}

/** Forwards only, and never everything: a cursor of 0 says that there was no record, and is not cleared. */
async function clearUpTo({ config, lustre, log }: DoneContext, { mdt, recno }: Cursor): Promise<void> {
  const user = config.lustre.changelogUsers[config.lustre.mdts.indexOf(mdt)]
  if (recno === 0n || user === undefined) return
  const mdtname = `${config.lustre.fsname}-${mdt}`
  const outcome = await lustre.clearChangelog(mdtname, user, recno)
  crashPoint('changelog.cleared', mdt)
  if (outcome === 'no-user') {
    // Nothing is kept for a user that is gone: there is nothing to clear, and the next map finds out what was lost.
    log.warning('the changelog was not cleared: its user is not registered there; a map that needs what it lost will say so', { mdt, user })
    return
  }
  if (outcome === 'done') {
    log.info('changelog cleared', { mdt, recno })
    return
  }
  // Out of range: either this user has cleared more than that before, or the log does not reach that far.
  const reaches = (await firstRecno(lustre, mdtname, recno)) !== null || (await firstRecno(lustre, mdtname, 0n)) === null
  if (reaches) log.info('changelog was cleared before', { mdt, recno })
  else log.warning('the changelog ends before the last record of the backup; the next map will say what is missing', { mdt, recno })
}

/** The backup is done whether or not its mount goes away. */
async function umount({ snapshots, mounts, log }: DoneContext, backup: SourceBackup): Promise<void> {
  try {
    const snapshot = (await snapshots.list()).find(({ name }) => name === backup.snapshotName)
    if (snapshot !== undefined) await mounts.umount(snapshot, BACKUP_POSTFIX, false)
  } catch (error) {
    log.warning('a snapshot stays mounted', { snapshot: backup.snapshotName, postfix: BACKUP_POSTFIX, reason: reasonOf(error) })
  }
}
