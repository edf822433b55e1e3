import type { Fid } from '../types/fid.js'

/** Types of records that the canary makes: a mask that lacks one of them lets changes pass unseen. */
export const CANARY_TYPES = ['CREAT', 'MKDIR', 'HLINK', 'SLINK', 'UNLNK', 'RMDIR', 'RENME', 'OPEN', 'CLOSE', 'SATTR'] as const
export type CanaryType = (typeof CANARY_TYPES)[number]

/** A record that the log of an MDT must hold. */
export interface ExpectedRecord {
  /** OPEN and CLOSE: for writing. */
  readonly type: CanaryType
  /** What it happened to. */
  readonly fid: Fid
  /** Where that was at the time, relative to the canary's folder. */
  readonly path: string
}

export interface CanaryMdt {
  /** `MDT0000`. */
  readonly mdt: string
  /** No record of the canary has a lower index; null = not known. */
  readonly fromRecno: bigint | null
  readonly expected: readonly ExpectedRecord[]
}

/** What `lustrebackup_snapshot_create` did on every MDT before it made a snapshot. */
export interface Canary {
  /** Unix seconds. */
  readonly madeAt: number
  readonly mdts: readonly CanaryMdt[]
}

/** Expected records that a log does not hold. */
export interface CanaryMissing {
  readonly mdt: string
  readonly types: readonly CanaryType[]
  /** Every type that was expected lacks records. */
  readonly isAll: boolean
}
