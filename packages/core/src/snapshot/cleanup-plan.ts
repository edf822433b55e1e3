import { type Chosen, choose, isDated, type Slot, slotsOf, standsFor } from './cleanup-slots.js'
import type { CleanupContext, CleanupPlan, CleanupPolicy, CleanupStep, DestroyReason, KeepReason } from './cleanup-types.js'
import { retentionWindows } from './cleanup-windows.js'
import type { Snapshot } from './snapshot-types.js'

/**
 * Decides about every snapshot, newest first. Reads no clock and no file: `--dry-run` shows what a real run does.
 *
 * Every rule counts calendar periods of local time back from the newest snapshot, and keeps one snapshot of each period that it reaches: the
 * newest verified one, or else the newest. All rules look at all snapshots, so the one that a longer period needs is there when its turn comes.
 */
export function planCleanup(snapshots: readonly Snapshot[], policy: CleanupPolicy, context: CleanupContext): CleanupPlan {
  const newestFirst = snapshots.toSorted(byAge)
  const days = new Map(newestFirst.filter((snapshot) => isDated(snapshot, context)).map((each) => [each, context.localDay(each.timestamp)]))
  const windows = retentionWindows([...days.values()], policy)
  const slots = new Map([...days].map(([snapshot, day]) => [snapshot, slotsOf(day, windows)]))
  const chosen = choose(slots, context.verified)
  const steps = newestFirst.map((snapshot) => {
    const own = slots.get(snapshot) ?? []
    const day = days.get(snapshot)
    const recent: KeepReason[] = day !== undefined && day >= windows.firstRecentDay ? [{ kind: 'recent' }] : []
    const reasons = [
      ...protections(snapshot, policy.removeVerified, context),
      ...recent,
      ...standsFor(snapshot, own, chosen, context.verified.has(snapshot.timestamp)),
    ]
    return decide(snapshot, reasons, whyDestroyed(own, chosen), context)
  })
  return { steps, pause: windows.pause }
}

/** Decides about the snapshots with the given timestamps only, whatever the rules say of them. What is protected stays, unless `force` is set. */
export function planAsked(
  snapshots: readonly Snapshot[],
  timestamps: ReadonlySet<number>,
  options: { readonly force: boolean; readonly removeVerified: boolean },
  context: CleanupContext,
): CleanupStep[] {
  const asked = snapshots.filter((snapshot) => timestamps.has(snapshot.timestamp)).toSorted(byAge)
  return asked.map((snapshot) => {
    const reasons = options.force ? [] : protections(snapshot, options.removeVerified, context)
    return decide(snapshot, reasons, { kind: 'asked' }, context)
  })
}

function byAge(a: Snapshot, b: Snapshot): number {
  return b.timestamp - a.timestamp || (a.name < b.name ? 1 : -1)
}

function protections(snapshot: Snapshot, removeVerified: boolean, context: CleanupContext): KeepReason[] {
  const why = context.protectedNames.get(snapshot.name)
  const reasons: KeepReason[] = []
  if (!snapshot.ours) reasons.push({ kind: 'foreign' })
  if (why !== undefined) reasons.push({ kind: 'protected', why })
  if (snapshot.ours && snapshot.timestamp > context.now) reasons.push({ kind: 'future' })
  if (!removeVerified && context.verified.has(snapshot.timestamp)) reasons.push({ kind: 'verified' })
  return reasons
}

function whyDestroyed([shortest]: readonly Slot[], chosen: Chosen): DestroyReason {
  if (shortest === undefined) return { kind: 'outlived' }
  return { kind: 'superseded', period: shortest.period, index: shortest.index, by: chosen.get(shortest.key)!.name }
}

function decide(snapshot: Snapshot, keep: readonly KeepReason[], destroy: DestroyReason, context: CleanupContext): CleanupStep {
  if (keep.length > 0) return { action: 'keep', snapshot, reasons: keep }
  const where = context.mounted.get(snapshot.name)
  if (where !== undefined) return { action: 'keep', snapshot, reasons: [{ kind: 'mounted', where }] }
  return { action: 'destroy', snapshot, reason: destroy }
}
