import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { Tree } from '../tree/tree-port.js'
import type { DifferenceAspect, VerifyDifference } from './difference-types.js'
import type { VerifyProgress } from './source-verify-types.js'
import type { VerifyFilter } from './verification-types.js'
import type { VerifyCommands } from './verify-commands.js'
import type { VerifyPools } from './verify-pools.js'

export interface TargetVerifyRequest {
  /** Timestamps of the source's verifications, both included; null = after the last one that was verified here, and no bound. */
  readonly start: number | null
  readonly end: number | null
  /** Timestamp of the target's snapshot to compare with; null = that of the same source snapshot. */
  readonly target: number | null
  readonly resume: boolean
  readonly checkpointSeconds: number
}

export interface TargetVerifyPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly exec: Exec
  readonly source: VerifyCommands
  /** Of the target's own file system. */
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly pools: VerifyPools
  readonly log: Log
  readonly signal: AbortSignal
  openTree(path: string): Tree
  /** Keeps backups away while the tree itself is read. */
  lockTarget(): void
  nowSeconds(): number
  /** Of a clock that only runs forwards. */
  elapsedSeconds(): number
  progress(done: VerifyProgress): void
}

/** What was looked at. */
export interface ComparedCounts {
  /** Objects, with all of their names. */
  readonly objects: number
  /** Directories whose names were compared. */
  readonly directories: number
  /** Files whose content was compared, and their bytes. */
  readonly files: number
  readonly bytes: bigint
  /** Files that the source could not read or that are in its HSM archive only: their content was not compared. */
  readonly notCompared: number
}

/** How the comparison of one verification with a tree has ended. */
export interface TargetVerifyResult {
  readonly fsname: string
  readonly timestamp: number
  readonly start: number
  readonly snapshotName: string
  readonly whole: boolean
  readonly filter: VerifyFilter
  /** What was compared with it: a snapshot of the target, or its tree (`snapshotName` is null), and the timestamp of the state that this holds. */
  readonly target: { readonly snapshotName: string | null; readonly path: string; readonly timestamp: number }
  readonly counts: ComparedCounts
  readonly differenceCount: number
  readonly byAspect: Readonly<Partial<Record<DifferenceAspect, number>>>
  /** Of the differences: at paths of which the backup said that it could not copy them. */
  readonly owedCount: number
  /** Of the source's files, those that it could not read. */
  readonly unreadableCount: number
  /** Unix seconds. */
  readonly startedAt: number
  readonly finishedAt: number
  readonly seconds: number
  /** Of these, the time in which the tree was read. */
  readonly readSeconds: number
}

export interface TargetVerifyEnd {
  readonly result: TargetVerifyResult
  /** The first ones. */
  readonly differences: readonly VerifyDifference[]
  /** File with all of them; null = there are none. */
  readonly differenceFile: string | null
  readonly resumed: boolean
}

export type TargetVerifyOutcome =
  | { readonly kind: 'nothing-newer'; readonly start: number }
  | { readonly kind: 'compared'; readonly ends: readonly TargetVerifyEnd[] }
