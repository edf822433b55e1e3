import type { Snapshot } from './snapshot-types.js'

/** What the state of a side says about which snapshots are needed; timestamps, null = none. */
export interface ProtectingState {
  readonly lastBackup: number | null
  readonly inprogressBackup: number | null
  /** A backup that was given up when the target may have begun to change its tree: only this snapshot can finish it. */
  readonly betweenBackup: number | null
  readonly lastBackupmap: number | null
  readonly inprogressBackupmap: number | null
  /** Snapshots that verifications in progress read, and the next run of them may go on with. */
  readonly verifying: readonly number[]
}

/** Snapshots that must not be destroyed, by name, each with the first reason that holds, in words. */
export function planProtected(snapshots: readonly Snapshot[], state: ProtectingState): ReadonlyMap<string, string> {
  const newest = snapshots
    .filter(({ ours }) => ours)
    .reduce((latest, { timestamp }) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY)
  const reasons = new Map<string, string>()
  for (const snapshot of snapshots) {
    const reason = reasonFor(snapshot, newest, state)
    if (reason !== null) reasons.set(snapshot.name, reason)
  }
  return reasons
}

function reasonFor({ ours, timestamp }: Snapshot, newest: number, state: ProtectingState): string | null {
  if (!ours) return 'it was not made by lustrebackup'
  if (timestamp === state.lastBackup) return 'it is the base of the next backup'
  if (timestamp === state.inprogressBackup) return 'its backup is in progress'
  if (timestamp === state.betweenBackup) return 'the target may be on its way to it'
  if (timestamp === state.inprogressBackupmap) return 'its backupmap is being made'
  if (state.verifying.includes(timestamp)) return 'it is being verified'
  if (timestamp === state.lastBackupmap && timestamp > (state.lastBackup ?? 0)) return 'its backupmap waits for the backup'
  return timestamp === newest ? 'it is the newest snapshot' : null
}
