import { LustrebackupError } from '../errors/errors.js'
import { findSnapshot, type SnapshotSelector, selectorInWords } from '../snapshot/find-snapshot.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { TargetBackup } from '../target/target-types.js'

const HINT = 'lustrebackup_snapshot_list -r shows all there are.'

/** Snapshots of the target that hold a backup, newest first: the comment says of which file system. */
export function backupsAmong(snapshots: readonly Snapshot[]): Snapshot[] {
  const held = snapshots.filter(({ ours, comment }) => ours && /(?:^|, )source_fsname: /.test(comment ?? ''))
  return held.toSorted((a, b) => b.timestamp - a.timestamp)
}

/** The snapshot that a person wants to restore from. By name it may be any, also one that somebody made by hand. */
export function chooseBackup(snapshots: readonly Snapshot[], selector: SnapshotSelector): Snapshot {
  const candidates = selector.kind === 'name' ? snapshots : backupsAmong(snapshots)
  const found = findSnapshot(candidates, selector)
  if (found !== null) return found
  throw new LustrebackupError('BACKUP_NOT_FOUND', `the target has no backup that is ${selectorInWords(selector)}`, { hint: HINT })
}

/** Without snapshots there is one backup: the tree itself. Gives whether it is whole; a selector has to mean it. */
export function assertTreeIs(selector: SnapshotSelector, last: TargetBackup | null): void {
  if (selector.kind === 'newest') return
  const isLast = last !== null && (selector.kind === 'name' ? selector.name === last.snapshotName : selector.timestamp === last.timestamp)
  if (isLast) return
  const has = last === null ? 'none' : `${last.snapshotName} (${last.timestamp})`
  throw new LustrebackupError('BACKUP_NOT_FOUND', `the target keeps no snapshots, only its last backup, which is ${has}`, {
    hint: 'Leave out --timestamp and --name. [BACKUP] snapshot_backend = none keeps one state only.',
  })
}
