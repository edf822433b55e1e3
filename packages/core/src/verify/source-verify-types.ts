import type { Config } from '../config/config-types.js'
import type { Log } from '../log/log-types.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { VerificationHeader, VerifyContent, VerifyFilter } from './verification-types.js'
import type { VerifyPools } from './verify-pools.js'

export interface SourceVerifyRequest {
  /** Exclusive; null = where the last verification ended. */
  readonly start: number | null
  /** null = the newest backup. */
  readonly end: number | null
  readonly filter: VerifyFilter
  /** Go on with the work of an interrupted run of the same range. */
  readonly resume: boolean
  readonly checkpointSeconds: number
}

export interface SourceVerifyPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly pools: VerifyPools
  readonly log: Log
  readonly signal: AbortSignal
  /** Version of the software, for the header. */
  readonly software: string
  nowSeconds(): number
  /** Of a clock that only runs forwards. */
  elapsedSeconds(): number
  progress(done: VerifyProgress): void
}

export interface VerifyProgress {
  readonly doneTasks: number
  readonly taskCount: number
  readonly bytes: bigint
}

export type SourceVerifyOutcome =
  | { readonly kind: 'nothing-newer'; readonly start: number }
  | {
      readonly kind: 'made'
      readonly folder: string
      readonly header: VerificationHeader
      readonly resumed: boolean
      readonly seconds: number
      /** Of these, the time in which the snapshot was read. */
      readonly readSeconds: number
      /** Files that could not be read; the first ones. */
      readonly unreadable: readonly VerifyContent[]
    }
