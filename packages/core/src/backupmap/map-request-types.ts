import type { ChangelogProof } from '../canary/changelog-proof-port.js'
import type { ReducePool } from '../changelog/read-logs-run.js'
import type { ReduceSettings } from '../changelog/reduce.job.js'
import type { Config } from '../config/config-types.js'
import type { Log } from '../log/log-types.js'
import type { Lustre } from '../lustre/lustre-port.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { BackupProgress } from '../target/backup-ports.js'
import type { Pool } from '../workers/worker-types.js'
import type { MapHeader } from './backupmap-types.js'
import type { MapInput, MapJobSettings, MapOutput } from './map.job.js'

export type MapPool = Pool<MapInput, MapOutput>

/** What a map is made with. */
export interface MapContext {
  readonly config: Config
  readonly layout: MetaLayout
  readonly lustre: Lustre
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly proof: ChangelogProof
  readonly log: Log
  readonly signal: AbortSignal
  /** Version of the software, for the header. */
  readonly software: string
  readonly pools: MapPools
  /** See `Area`. */
  readonly reachBytes: number
  /** Touched FIDs that each reader of a changelog keeps in memory; more go to disk. */
  readonly entriesInMemory: number
  /** Told how far long steps have come, for people. */
  progress(progress: BackupProgress): void
  /** Seconds of a steady clock. */
  elapsedSeconds(): number
}

export interface MapPools {
  reduce(settings: ReduceSettings): ReducePool
  map(settings: MapJobSettings): MapPool
}

export interface MapRequest {
  /** A full map even where an incremental one is possible. */
  readonly full: boolean
  /** Timestamp of the snapshot; null = the newest. */
  readonly snapshot: number | null
  /** Make everything, keep nothing. */
  readonly dryRun: boolean
}

export interface StepSeconds {
  readonly step: string
  readonly seconds: number
}

export type MapResult =
  /** No snapshot is newer than S0. */
  | { readonly kind: 'nothing-newer'; readonly lastBackup: number }
  | { readonly kind: 'exists'; readonly folder: string; readonly header: MapHeader }
  | {
      readonly kind: 'made'
      /** null after a dry run. */
      readonly folder: string | null
      readonly header: MapHeader
      readonly steps: readonly StepSeconds[]
      /** Why it is a full map; empty for an incremental one. */
      readonly reasons: readonly string[]
    }
