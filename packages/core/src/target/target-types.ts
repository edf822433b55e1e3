import type { MapHeader } from '../backupmap/backupmap-types.js'
import type { ComparisonCounts } from '../mirror/difference-types.js'
import type { Owed } from '../transfer/owed-types.js'

/** Steps of a backup in their order. Each is recorded when it is complete and on disk; a run that is continued begins with the one it had reached. */
export const INCREMENTAL_PHASES = [
  'fetch',
  'namespace-out',
  'namespace-in',
  'prepare',
  'data',
  'compare',
  'attributes',
  'snapshot',
  'done',
] as const
export const FULL_PHASES = ['fetch', 'mirror', 'prepare', 'data', 'attributes', 'snapshot', 'done'] as const

export type Phase = (typeof INCREMENTAL_PHASES)[number] | (typeof FULL_PHASES)[number]

/** How the entries of the map ended: done + repaired + owed is all of those that have content or attributes. */
export interface EntryCounts {
  readonly done: number
  readonly repaired: number
  readonly owed: number
}

/** What a run did, summed up over its continuations. */
export interface BackupTotals {
  /** Files whose content was transferred, in whole or in part. */
  readonly fileCount: bigint
  readonly contentBytes: bigint
  /** Everything that came over the network for content and attributes. */
  readonly receivedBytes: bigint
  readonly entries: EntryCounts
  /** Full maps: entries removed because the source does not have them. */
  readonly removedCount: number
  readonly driftCount: number
  /** Incremental maps: what the rolling comparison found; null when the map has nothing to compare. */
  readonly comparison: ComparisonCounts | null
  /** Directories were lost on the target that no entry of the map names. */
  readonly incompleteDirectories: boolean
}

/** The folder that holds the tree, to know it again. */
export interface TreeIdentity {
  readonly dataPath: string
  readonly ino: bigint
}

/**
 * A backup as the target remembers it: `backup/TIMESTAMP.json`. `last_backup` points to the last finished one, `inprogress_backup` to the one that
 * is not. Beyond `fetch` the tree is *between* the base and this snapshot, until `done`.
 */
export interface TargetBackup {
  readonly fsname: string
  /** That of the source snapshot. */
  readonly timestamp: number
  readonly snapshotName: string
  readonly kind: MapHeader['kind']
  readonly base: number | null
  readonly headerDigest: string
  readonly phase: Phase
  /** Unix seconds. */
  readonly startedAt: number
  readonly finishedAt: number | null
  /** What the target was when this backup began: the base of the map, some other finished backup, or nothing that can be relied on. */
  readonly startedFrom: 'base' | 'backup' | 'unknown'
  /** Seconds spent in each phase, over all runs, in tenths. */
  readonly phaseSeconds: Readonly<Partial<Record<Phase, number>>>
  readonly totals: BackupTotals
  /** What could not be copied; until the data are transferred, what the backup that this one started from had left. */
  readonly owed: readonly Owed[]
  readonly tree: TreeIdentity
  /** Entries of the tree in S1, to recognise one that was emptied. */
  readonly treeEntryCount: number
  readonly treeBytes: bigint
  /** The source knows that it is finished. */
  readonly acknowledged: boolean
}

export function isBetween(backup: TargetBackup): boolean {
  return backup.phase !== 'fetch' && backup.phase !== 'done'
}

export function phasesOf(kind: TargetBackup['kind']): readonly Phase[] {
  return kind === 'full' ? FULL_PHASES : INCREMENTAL_PHASES
}

/** Seconds as phases are recorded: what is less than a tenth tells nobody anything. */
export function tenths(seconds: number): number {
  return Math.round(seconds * 10) / 10
}

/** The lock that keeps two backups of one target apart. */
export const TARGET_LOCK = 'target'
