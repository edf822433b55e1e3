import { planAsked, planCleanup } from './cleanup-plan.js'
import { type Series, splitSeries } from './cleanup-series.js'
import type { CleanupContext, CleanupPolicy, CleanupStep, Pause } from './cleanup-types.js'
import { type ProtectingState, planProtected } from './protected-plan.js'
import type { Snapshot } from './snapshot-types.js'

export interface CleanupRequest {
  readonly policy: CleanupPolicy
  /** Timestamps of the snapshots that are to go; empty = the rules decide. */
  readonly asked: ReadonlySet<number>
  readonly force: boolean
}

/** What is known of one file system with snapshots. */
export interface SiteFacts extends Pick<CleanupContext, 'now' | 'localDay' | 'verified' | 'mounted'> {
  readonly snapshots: readonly Snapshot[]
  /** The file systems whose states this backup keeps here. */
  readonly ownFsnames: ReadonlySet<string>
  readonly state: ProtectingState
}

export interface SitePlan {
  /** Newest first. */
  readonly steps: readonly CleanupStep[]
  readonly pauses: readonly Pause[]
  /** The snapshots that were decided about together. */
  readonly series: readonly Series[]
}

/** Decides about all snapshots, each series by itself. With `force` what is mounted may go too. */
export function planSite(request: CleanupRequest, facts: SiteFacts): SitePlan {
  const { series, others } = splitSeries(facts.snapshots, facts.ownFsnames)
  const context: CleanupContext = {
    ...facts,
    protectedNames: protectedOf(series, facts.state),
    mounted: request.force ? new Map() : facts.mounted,
  }
  if (request.asked.size > 0) {
    const options = { force: request.force, removeVerified: request.policy.removeVerified }
    const all = [...series.flatMap(({ snapshots }) => snapshots), ...others]
    return { steps: planAsked(all, request.asked, options, context), pauses: [], series }
  }
  const plans = [...series.map(({ snapshots }) => snapshots), others].map((snapshots) => planCleanup(snapshots, request.policy, context))
  const steps = plans.flatMap((plan) => plan.steps).toSorted((a, b) => newestFirst(a.snapshot, b.snapshot))
  return { steps, pauses: plans.flatMap(({ pause }) => pause ?? []), series }
}

/** Why a snapshot must not be destroyed, by name; each series has a newest one of its own. */
export function protectedOf(series: readonly Series[], state: ProtectingState): ReadonlyMap<string, string> {
  return new Map(series.flatMap(({ snapshots }) => [...planProtected(snapshots, state)]))
}

function newestFirst(a: Snapshot, b: Snapshot): number {
  return b.timestamp - a.timestamp
}
