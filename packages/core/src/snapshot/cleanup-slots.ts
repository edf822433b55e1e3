import { periodOfDay } from './calendar-period.js'
import type { CleanupContext, KeepReason, Period } from './cleanup-types.js'
import type { RetentionWindows } from './cleanup-windows.js'
import type { Snapshot } from './snapshot-types.js'

/** One calendar period that a rule reaches: a place for one snapshot. */
export interface Slot {
  readonly key: string
  readonly period: Period
  readonly index: number
}

/** The snapshot that stands for each slot, by its key. */
export type Chosen = ReadonlyMap<string, Snapshot>

/** Takes part in the rules. What others made may vanish at any time, and what was made later than now has no age: neither stands for anything. */
export function isDated(snapshot: Snapshot, context: Pick<CleanupContext, 'now'>): boolean {
  return snapshot.ours && snapshot.timestamp <= context.now
}

/** The periods of a day that rules still reach, shortest first. */
export function slotsOf(day: number, windows: RetentionWindows): Slot[] {
  const slots: Slot[] = []
  for (const { period, first } of windows.periods) {
    const index = periodOfDay(period, day)
    if (index >= first) slots.push({ key: `${period} ${index}`, period, index })
  }
  return slots
}

/** Of the snapshots with a slot in common, given newest first, the newest verified one takes it, or else the newest. */
export function choose(slots: ReadonlyMap<Snapshot, readonly Slot[]>, verified: ReadonlySet<number>): Chosen {
  const chosen = new Map<string, Snapshot>()
  for (const [snapshot, own] of slots) {
    for (const { key } of own) {
      const best = chosen.get(key)
      if (best === undefined || (verified.has(snapshot.timestamp) && !verified.has(best.timestamp))) chosen.set(key, snapshot)
    }
  }
  return chosen
}

export function standsFor(snapshot: Snapshot, own: readonly Slot[], chosen: Chosen, verified: boolean): KeepReason[] {
  return own.filter(({ key }) => chosen.get(key) === snapshot).map(({ period, index }) => ({ kind: 'period', period, index, verified }))
}
