import type { MapCounts } from '../backupmap/backupmap-types.js'
import type { BackupTotals, Phase, TargetBackup } from '../target/target-types.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

export const REPORT_FORMAT = 'lustrebackup-report'
export const REPORT_VERSION = 1

/**
 * What happened to an entry, as the map has it; one with new data under another name is counted under both. `present`: full maps name everything
 * that there is, changed or not.
 */
export const CHANGE_KINDS = ['created', 'data', 'attributes', 'moved', 'linked', 'removed', 'present'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** `bytes`: sizes of the files of which content is meant, not what was transferred of them. */
export interface Figures {
  readonly entryCount: number
  readonly bytes: bigint
}

/** What happened below a folder at most two levels deep; an entry is counted at its parent folder, or what of it is that high up. */
export interface FolderFigures extends Figures {
  /** Empty = the root itself. */
  readonly path: PathBytes
}

export interface MapChanges {
  readonly kinds: Readonly<Record<ChangeKind, Figures>>
  /** Biggest first. */
  readonly folders: readonly FolderFigures[]
  /** There were more folders than were kept in memory, so that the figure of a folder may be too small. */
  readonly foldersApproximate: boolean
  /** Entries of the map that were looked at, and that it has. */
  readonly countedEntries: number
  readonly entryCount: number
}

/** A backup beside others. */
export interface HistoryRun {
  readonly timestamp: number
  readonly kind: TargetBackup['kind']
  readonly startedAt: number
  readonly finishedAt: number
  readonly workSeconds: number
  readonly transferSeconds: number
  readonly fileCount: bigint
  readonly contentBytes: bigint
  readonly owedCount: number
}

export interface ReportOwed {
  readonly fid: Fid
  readonly path: PathBytes
  readonly reason: string
}

/** Everything that a report says of one finished backup. */
export interface Report {
  readonly software: string
  /** Unix seconds. */
  readonly madeAt: number
  readonly fsname: string
  /** That of the source snapshot. */
  readonly timestamp: number
  readonly snapshotName: string
  readonly kind: TargetBackup['kind']
  readonly base: number | null
  readonly headerDigest: string
  readonly startedAt: number
  readonly finishedAt: number
  readonly phaseSeconds: Readonly<Partial<Record<Phase, number>>>
  readonly totals: BackupTotals
  readonly tree: { readonly entryCount: number; readonly bytes: bigint }
  readonly owedCount: number
  /** The first of them. */
  readonly owed: readonly ReportOwed[]
  /** null where the map is not here any more. */
  readonly counts: MapCounts | null
  readonly changes: MapChanges | null
  /** Finished backups up to this one, oldest first. */
  readonly history: readonly HistoryRun[]
}
