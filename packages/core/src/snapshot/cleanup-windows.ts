import { firstDayOf, periodOfDay } from './calendar-period.js'
import type { CleanupPolicy, Pause, Period } from './cleanup-types.js'

/** How far back each rule reaches, in local calendar days and periods. */
export interface RetentionWindows {
  /** From this day on everything is kept; infinity = that rule is off. */
  readonly firstRecentDay: number
  /** The first period that each rule reaches, shortest periods first; rules that are off are absent. */
  readonly periods: readonly { readonly period: Period; readonly first: number }[]
  readonly pause: Pause | null
}

/** A longer pause may be a clock that jumped, so a single day with snapshots after it does not yet make the others older. */
const PAUSE_DAYS = 31

/**
 * Lays the rules out one behind the other: so many days with everything, before these so many days with one each, and so on. A period that a rule
 * reaches in part counts as reached.
 *
 * `days` are those of the snapshots, newest first. Time is counted from the newest snapshot, not from the clock: while no new snapshots
 * are made, no old ones go, and a wrong clock alone destroys nothing.
 */
export function retentionWindows(days: readonly number[], policy: CleanupPolicy): RetentionWindows {
  const newest = days[0]
  if (newest === undefined) return { firstRecentDay: Number.POSITIVE_INFINITY, periods: [], pause: null }
  const pause = pauseBefore(newest, days)
  let start = (pause?.before ?? newest) - policy.keepAllDays
  const firstRecentDay = policy.keepAllDays > 0 ? start : Number.POSITIVE_INFINITY
  const periods: { period: Period; first: number }[] = []
  for (const [period, count] of rulesOf(policy)) {
    if (count === 0) continue
    const first = periodOfDay(period, start) - count
    periods.push({ period, first })
    start = firstDayOf(period, first)
  }
  return { firstRecentDay, periods, pause }
}

function rulesOf(policy: CleanupPolicy): [Period, number][] {
  return [
    ['day', policy.keepDays],
    ['week', policy.keepWeeks],
    ['month', policy.keepMonths],
    ['year', policy.keepYears],
  ]
}

function pauseBefore(newest: number, newestFirst: readonly number[]): Pause | null {
  const before = newestFirst.find((day) => day < newest)
  return before !== undefined && newest - before > PAUSE_DAYS ? { before, after: newest } : null
}
