import { commentField } from './held-state.js'
import type { Snapshot } from './snapshot-types.js'

/** Snapshots that hold states of one file system. They never stand for those of another, though one file system may carry both. */
export interface Series {
  readonly fsname: string
  readonly snapshots: readonly Snapshot[]
}

export interface SplitSnapshots {
  readonly series: readonly Series[]
  /** Made by people, or by the backup of another file system: no rule applies to them. */
  readonly others: readonly Snapshot[]
}

/** Which snapshots a cleanup decides about: those that hold states of `ownFsnames`. */
export function splitSeries(snapshots: readonly Snapshot[], ownFsnames: ReadonlySet<string>): SplitSnapshots {
  const series = new Map<string, Snapshot[]>()
  const others: Snapshot[] = []
  for (const snapshot of snapshots) {
    const fsname = snapshot.ours ? heldFsname(snapshot) : null
    if (fsname === null || !ownFsnames.has(fsname)) others.push({ ...snapshot, ours: false })
    else series.set(fsname, [...(series.get(fsname) ?? []), snapshot])
  }
  return { series: [...series].map(([fsname, held]) => ({ fsname, snapshots: held })), others }
}

/**
 * The file system whose state a snapshot of ours holds: on the target that is the source, which the comment names. null where name and
 * comment disagree: somebody renamed it, or wrote the comment.
 */
function heldFsname({ name, comment }: Snapshot): string | null {
  const named = /^(.+)-backup-[0-9]+$/.exec(name)?.[1] ?? null
  const commented = commentField(comment, 'source_fsname') ?? named
  return commented === named ? named : null
}
