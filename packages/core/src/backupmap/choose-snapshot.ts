import { EXIT, LustrebackupError } from '../errors/errors.js'
import { findSnapshot, snapshotNotFound } from '../snapshot/find-snapshot.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'

/** The snapshot to make a map of (S1); null when none is newer than the last backup. Without a timestamp, the newest that this software made. */
export function chooseSnapshot(
  snapshots: readonly Snapshot[],
  timestamp: number | null,
  lastBackup: number | null,
  fsname: string,
): Snapshot | null {
  const selector = timestamp === null ? ({ kind: 'newest' } as const) : ({ kind: 'timestamp', timestamp } as const)
  const found = findSnapshot(snapshots, selector)
  const isNewer = found !== null && (lastBackup === null || found.timestamp > lastBackup)
  if (isNewer) return found
  if (timestamp === null && lastBackup !== null) return null
  if (found === null) throw snapshotNotFound(selector, fsname)
  throw new LustrebackupError('SNAPSHOT_TOO_OLD', `the snapshot ${found.name} is not newer than the last backup (${lastBackup})`, {
    exitCode: EXIT.usage,
    hint: 'a map leads from the last backup to a newer snapshot: name one, or leave --snapshot out',
  })
}
