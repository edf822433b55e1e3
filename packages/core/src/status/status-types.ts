import type { Side } from '../config/detect-role.js'
import type { VerifiedState } from '../verify/verified-state.js'

/** As monitoring systems have it; the numbers are the exit codes. */
export const LEVELS = ['ok', 'warning', 'critical'] as const
export type Level = (typeof LEVELS)[number]

/** The last finished backup, as this side remembers it. */
export interface LastBackup {
  readonly snapshotName: string
  /** Unix seconds of the snapshot: the state that is safe. */
  readonly timestamp: number
  readonly finishedAt: number | null
  readonly owedCount: number
  /** Target: the source knows of it. */
  readonly acknowledged: boolean
  /** Target: folders were lost that no map names. */
  readonly incomplete: boolean
}

/** A backup that has begun and is not finished. */
export interface UnfinishedBackup {
  readonly snapshotName: string
  readonly timestamp: number
  readonly startedAt: number
  /** Target: the phase it has come to, such as `data`, its number and how many there are. */
  readonly phase: { readonly name: string; readonly number: number; readonly count: number } | null
}

export interface RunningCommand {
  readonly command: string
  readonly host: string
  readonly pid: number
  readonly since: number
}

/** What an MDT's changelog holds that no backup has yet. */
export interface ChangelogBacklog {
  readonly mdt: string
  readonly user: string
  /** null where the log could not be read. */
  readonly recordCount: bigint | null
  /** Until Lustre removes our user at the rate so far, and an incremental backup becomes impossible; null = it does not, or nobody knows. */
  readonly leftSeconds: number | null
  /** Lustre says that our user is not registered. */
  readonly missing: boolean
}

export interface DiskSpace {
  readonly folder: string
  readonly totalBytes: bigint
  readonly freeBytes: bigint
}

export interface SnapshotFacts {
  readonly count: number
  readonly newest: string | null
  readonly newestTimestamp: number | null
  /** When the MGS was asked, unix seconds. */
  readonly listedAt: number
}

/** Everything that is known of one side without asking the other one. */
export interface StatusFacts extends VerifiedState {
  readonly side: Side
  readonly nowSeconds: number
  readonly last: LastBackup | null
  readonly unfinished: UnfinishedBackup | null
  readonly running: readonly RunningCommand[]
  /** Source; empty on the target. */
  readonly backlogs: readonly ChangelogBacklog[]
  /** Source: why the next map cannot be an incremental one. */
  readonly unproven: readonly string[]
  /** As the MGS gave them last; null = never asked. */
  readonly snapshots: SnapshotFacts | null
  /** Target: page that tells of the last finished backup; null = none. */
  readonly report: string | null
  readonly disks: readonly DiskSpace[]
}

export interface StatusProblem {
  readonly level: Exclude<Level, 'ok'>
  readonly text: string
}

export interface Status {
  readonly level: Level
  readonly problems: readonly StatusProblem[]
  readonly facts: StatusFacts
}
