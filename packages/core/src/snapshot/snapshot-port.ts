import type { Snapshot, SnapshotPiece } from './snapshot-types.js'

/**
 * Snapshots of one file system on its MGS. Every call has a time limit and throws a `LustrebackupError` that names the snapshot. An aborted
 * run can still call `umount`, to clean up.
 */
export interface SnapshotStore {
  /** All snapshots, newest first. */
  list(): Promise<Snapshot[]>
  /** Pieces of one snapshot; null where the MGS does not let us ask for detail. */
  pieces(name: string): Promise<SnapshotPiece[] | null>
  /** `SNAPSHOT_EXISTS` (exit 17), `SNAPSHOT_BARRIER` (exit 110 or 114, worth a retry), `SNAPSHOT_CREATE_FAILED`. An empty comment is none. */
  create(name: string, comment: string, barrierSeconds: number): Promise<void>
  /** On the servers. Mounted already is success. */
  mount(name: string): Promise<void>
  /** On the servers. Not mounted is success. */
  umount(name: string): Promise<void>
  destroy(name: string, force: boolean): Promise<void>
}

/** Client mounts of snapshots at `snapshot_home/NAME.POSTFIX`, counted by postfix. An aborted run can still call `umount`. */
export interface SnapshotMounts {
  /** Mounts on the servers, then here, and switches off what stalls on a read-only MDT. Mounted already is success. Gives the mount point. */
  mount(snapshot: Snapshot, postfix: string): Promise<string>
  /** Unmounts here; on the servers too when no other postfix of the snapshot is mounted here. Not mounted is success. */
  umount(snapshot: Snapshot, postfix: string, force: boolean): Promise<void>
  /** Postfixes under which a snapshot is mounted here. */
  postfixes(snapshot: Snapshot): Promise<string[]>
  /** Where a snapshot is mounted, or would be. */
  point(snapshot: Snapshot, postfix: string): string
}
