import { basename, dirname } from 'node:path'
import { VERIFY_POSTFIX } from '../verify/verification-types.js'
import type { Mount } from './parse-findmnt.js'
import type { Snapshot } from './snapshot-types.js'

/** What may still use a snapshot that is mounted here. */
export interface MountUsers {
  /** Timestamp of the source's backup in progress; null = none. */
  readonly inprogressBackup: number | null
  /** Another run holds the lock of the source's commands. */
  readonly sourceIsBusy: boolean
  /** Whether the restore that mounts something under a postfix still runs; null = no restore does. */
  restoreState(postfix: string): 'running' | 'over' | null
  /** A verification runs. */
  readonly verifyIsBusy: boolean
}

export interface MountStep {
  readonly action: 'keep' | 'umount'
  readonly target: string
  readonly postfix: string
  /** null = its snapshot no longer exists. */
  readonly snapshot: Snapshot | null
  readonly reason: string
}

/**
 * Decides about every Lustre mount in `snapshotHome`. Stale is what a run left behind that is over, and what is left of a snapshot that is gone.
 * A mount that a person made, or that has a postfix of somebody else, is left alone.
 */
export function planStaleMounts(
  mounts: readonly Mount[],
  snapshotHome: string,
  snapshots: readonly Snapshot[],
  users: MountUsers,
): MountStep[] {
  return mounts.flatMap((mount) => {
    const place = placeOf(mount, snapshotHome)
    if (place === null) return []
    const snapshot = snapshots.find((each) => each.name === place.name && mount.source.endsWith(`:/${each.snapshotFsname}`)) ?? null
    return { target: mount.target, postfix: place.postfix, snapshot, ...decide(snapshot, place.postfix, users) }
  })
}

function placeOf({ target }: Mount, snapshotHome: string): { name: string; postfix: string } | null {
  const match = /^(.+)\.([A-Za-z0-9][A-Za-z0-9_-]*)$/.exec(basename(target))
  return match === null || dirname(target) !== snapshotHome ? null : { name: match[1]!, postfix: match[2]! }
}

function decide(snapshot: Snapshot | null, postfix: string, users: MountUsers): Pick<MountStep, 'action' | 'reason'> {
  if (snapshot === null) return { action: 'umount', reason: 'its snapshot is gone' }
  const restore = users.restoreState(postfix)
  if (restore === 'running') return { action: 'keep', reason: 'a restore reads it' }
  if (restore === 'over') return { action: 'umount', reason: 'the restore that mounted it is over' }
  if (postfix === VERIFY_POSTFIX) {
    return users.verifyIsBusy
      ? { action: 'keep', reason: 'a verification may use it' }
      : { action: 'umount', reason: 'the verification that mounted it is over' }
  }
  if (postfix !== 'map' && postfix !== 'backup') return { action: 'keep', reason: 'not mounted by a backup' }
  if (users.sourceIsBusy) return { action: 'keep', reason: 'another run may use it' }
  if (postfix === 'backup' && snapshot.timestamp === users.inprogressBackup) return { action: 'keep', reason: 'its backup is in progress' }
  return { action: 'umount', reason: 'the run that mounted it is over' }
}
