import type { Period } from './cleanup-types.js'

const MILLISECONDS_A_DAY = 86_400_000

/** Periods are numbered, so that the one before is one less. Weeks begin on Monday. Days are those since 1970-01-01, a Thursday. */
export function periodOfDay(period: Period, day: number): number {
  switch (period) {
    case 'day':
      return day
    case 'week':
      return Math.floor((day + 3) / 7)
    case 'month':
      return dateOf(day).getUTCFullYear() * 12 + dateOf(day).getUTCMonth()
    case 'year':
      return dateOf(day).getUTCFullYear()
  }
}

/** The first day of a period. */
export function firstDayOf(period: Period, index: number): number {
  switch (period) {
    case 'day':
      return index
    case 'week':
      return index * 7 - 3
    case 'month':
      return Date.UTC(Math.floor(index / 12), index % 12, 1) / MILLISECONDS_A_DAY
    case 'year':
      return Date.UTC(index, 0, 1) / MILLISECONDS_A_DAY
  }
}

/** `2026-11-23`, `2026-W48` as ISO 8601 counts weeks, `2026-11` or `2026`. */
export function periodLabel(period: Period, index: number): string {
  const first = dateOf(firstDayOf(period, index)).toISOString()
  switch (period) {
    case 'day':
      return first.slice(0, 10)
    case 'week':
      return weekLabel(index)
    case 'month':
      return first.slice(0, 7)
    case 'year':
      return first.slice(0, 4)
  }
}

/** A week belongs to the year of its Thursday. */
function weekLabel(week: number): string {
  const thursday = week * 7
  const year = periodOfDay('year', thursday)
  const number = Math.floor((thursday - firstDayOf('year', year)) / 7) + 1
  return `${year}-W${String(number).padStart(2, '0')}`
}

function dateOf(day: number): Date {
  return new Date(day * MILLISECONDS_A_DAY)
}
