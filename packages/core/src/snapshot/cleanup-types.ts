import type { Snapshot } from './snapshot-types.js'

/** How far each rule of the retention reaches; 0 switches a rule off. Every rule begins where the one before it ends. */
export interface CleanupPolicy {
  readonly keepAllDays: number
  readonly keepDays: number
  readonly keepWeeks: number
  readonly keepMonths: number
  readonly keepYears: number
  /** Verified snapshots are subject to the rules like others, though still preferred by them. */
  readonly removeVerified: boolean
}

/** The facts that a plan is made from, beside the snapshots. */
export interface CleanupContext {
  /** Unix seconds. */
  readonly now: number
  /** The local calendar day that a time falls on, in days since 1970-01-01. */
  readonly localDay: (timestamp: number) => number
  /** Names of snapshots that must not be destroyed, with the reason in words. */
  readonly protectedNames: ReadonlyMap<string, string>
  /** Timestamps of the snapshots whose content was verified. */
  readonly verified: ReadonlySet<number>
  /** Names of snapshots that are mounted, with where, in words. They are left alone. */
  readonly mounted: ReadonlyMap<string, string>
}

export type Period = 'day' | 'week' | 'month' | 'year'

export type KeepReason =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'protected'; readonly why: string }
  | { readonly kind: 'future' }
  | { readonly kind: 'recent' }
  | { readonly kind: 'verified' }
  /** It stands for a period; `index` counts periods as `periodOfDay` does. */
  | { readonly kind: 'period'; readonly period: Period; readonly index: number; readonly verified: boolean }
  /** Nothing else keeps it, but somebody uses it. */
  | { readonly kind: 'mounted'; readonly where: string }

export type DestroyReason =
  /** Another one stands for the shortest period that a rule still knows here. */
  | { readonly kind: 'superseded'; readonly period: Period; readonly index: number; readonly by: string }
  /** Older than every rule reaches. */
  | { readonly kind: 'outlived' }
  /** Named by the person who runs the cleanup. */
  | { readonly kind: 'asked' }

export type CleanupStep =
  | { readonly action: 'keep'; readonly snapshot: Snapshot; readonly reasons: readonly KeepReason[] }
  | { readonly action: 'destroy'; readonly snapshot: Snapshot; readonly reason: DestroyReason }

export interface CleanupPlan {
  /** About every snapshot, newest first. */
  readonly steps: readonly CleanupStep[]
  /** Set when the rules are not counted from the newest snapshot, because it follows a pause that a wrong clock may have made. */
  readonly pause: Pause | null
}

/** Local calendar days, as `localDay` counts them. */
export interface Pause {
  /** The last day with snapshots before the pause; the rules are counted from it. */
  readonly before: number
  /** The only day with snapshots since. */
  readonly after: number
}
