import { reasonOf } from '../errors/errors.js'
import { removeLink, replaceLink } from '../state/state-link.js'
import { loadBackup, type SourceBackup } from './source-backup.js'
import type { DoneContext } from './source-done-run.js'
import { BACKUP_POSTFIX } from './source-init-run.js'
import { stopReaders } from './stop-readers-run.js'

export interface AbortContext extends Pick<DoneContext, 'layout' | 'snapshots' | 'mounts' | 'log'> {
  sleep(seconds: number): Promise<void>
}

/**
 * Gives up the backup in progress, with the processes that read for it; null when there is none. S0 stays what it was.
 * The target may have begun to change its tree: the snapshot and its map stay protected, and are offered again, until a later backup is done.
 */
export async function runSourceAbort(context: AbortContext): Promise<SourceBackup | null> {
  const { layout, snapshots, mounts, log } = context
  const backup = loadBackup(layout, 'inprogress_backup')
  if (backup === null) return null
  const last = loadBackup(layout, 'last_backup')
  if (last === null || last.timestamp < backup.timestamp) replaceLink(layout.link('between_backup'), layout.backup(backup.timestamp))
  removeLink(layout.link('inprogress_backup'))
  log.info('backup given up', { timestamp: backup.timestamp, snapshot: backup.snapshotName })
  await stopReaders(layout.backupmap(backup.timestamp), context)
  const snapshot = (await snapshots.list()).find(({ name }) => name === backup.snapshotName)
  if (snapshot === undefined) return backup
  await stopReaders(mounts.point(snapshot, BACKUP_POSTFIX), context)
  for (const force of [false, true]) {
    try {
      await mounts.umount(snapshot, BACKUP_POSTFIX, force)
      break
    } catch (error) {
      log.warning('a snapshot could not be unmounted', { snapshot: snapshot.name, postfix: BACKUP_POSTFIX, force, reason: reasonOf(error) })
    }
  }
  return backup
}
