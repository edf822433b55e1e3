/** A Lustre snapshot as the MGS lists it. */
export interface Snapshot {
  readonly name: string
  /** The file system that it was made of, as asked for. */
  readonly fsname: string
  /** Eight hex digits: the name under which the snapshot is mounted. */
  readonly snapshotFsname: string
  /** Unix seconds: from the name where this software made it, otherwise from `create_time`. */
  readonly timestamp: number
  /** `create_time` as listed; the clock of the MGS, not the cut. */
  readonly createTime: string
  readonly modifyTime: string
  readonly comment: string | null
  /** Mounted on the servers. */
  readonly mounted: boolean
  /** Made by this software, judged by its name. */
  readonly ours: boolean
}

/** What one target (MGS, MDT0000, OST0000, …) of the file system holds of a snapshot. */
export interface SnapshotPiece {
  readonly role: string
  /** Whether the piece is there: `snapshot_list -d` lists a missing one without times. */
  readonly present: boolean
}
