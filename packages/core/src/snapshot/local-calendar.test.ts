import { expect, it } from 'vitest'
import { firstDayOf, periodLabel, periodOfDay } from './calendar-period.js'
import type { Period } from './cleanup-types.js'
import { localCalendar, systemTimeZone } from './local-calendar.js'

const seconds = (text: string) => Date.parse(text) / 1000
const dayText = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)

it.each([
  ['Europe/Copenhagen', '2026-03-28T22:59:59Z', '2026-03-28', '2026-03-28 23:59:59 +0100'],
  ['Europe/Copenhagen', '2026-03-28T23:00:00Z', '2026-03-29', '2026-03-29 00:00:00 +0100'],
  ['Europe/Copenhagen', '2026-03-29T01:00:00Z', '2026-03-29', '2026-03-29 03:00:00 +0200'],
  ['Europe/Copenhagen', '2026-10-25T00:59:59Z', '2026-10-25', '2026-10-25 02:59:59 +0200'],
  ['Europe/Copenhagen', '2026-10-25T01:00:00Z', '2026-10-25', '2026-10-25 02:00:00 +0100'],
  // Here the clock goes from 24:00 back to 23:00, so one day has 25 hours and its last hour twice.
  ['America/Santiago', '2024-04-07T03:30:00Z', '2024-04-06', '2024-04-06 23:30:00 -0400'],
  // This day never was.
  ['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29', '2011-12-29 23:59:59 -1000'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31', '2011-12-31 00:00:00 +1400'],
  ['America/St_Johns', '2024-02-29T12:00:00Z', '2024-02-29', '2024-02-29 08:30:00 -0330'],
  ['UTC', '2026-11-23T00:00:00Z', '2026-11-23', '2026-11-23 00:00:00 +0000'],
])('tells the local day in %s at %s', (zone, time, day, text) => {
  const calendar = localCalendar(zone)
  expect(dayText(calendar.day(seconds(time)))).toBe(day)
  expect(calendar.text(seconds(time))).toBe(text)
})

it('does not know an invented time zone', () => {
  expect(() => localCalendar('Europe/Nowhere')).toThrow(RangeError)
})

it.each(['Europe/Copenhagen', 'CET-1CEST', ':/etc/localtime', '', 'Nowhere/Land'])(
  'names a time zone that it knows, with TZ=%s',
  (zone) => {
    const saved = process.env.TZ
    process.env.TZ = zone
    try {
      expect(() => localCalendar(systemTimeZone())).not.toThrow()
      if (zone === 'Europe/Copenhagen') expect(systemTimeZone()).toBe(zone)
    } finally {
      if (saved === undefined) delete process.env.TZ
      else process.env.TZ = saved
    }
  },
)

it.each([
  ['2026-11-23', ['2026-11-23', '2026-W48', '2026-11', '2026']],
  ['2026-11-29', ['2026-11-29', '2026-W48', '2026-11', '2026']],
  ['2026-11-30', ['2026-11-30', '2026-W49', '2026-11', '2026']],
  ['2027-01-03', ['2027-01-03', '2026-W53', '2027-01', '2027']],
  ['2024-12-30', ['2024-12-30', '2025-W01', '2024-12', '2024']],
  ['2024-02-29', ['2024-02-29', '2024-W09', '2024-02', '2024']],
  ['1970-01-01', ['1970-01-01', '1970-W01', '1970-01', '1970']],
])('names the periods of %s', (day, labels) => {
  const number = Date.parse(day) / 86_400_000
  expect((['day', 'week', 'month', 'year'] as const).map((period) => periodLabel(period, periodOfDay(period, number)))).toEqual(labels)
})

it.each(['day', 'week', 'month', 'year'] satisfies Period[])('counts every %s once, without a gap', (period) => {
  const from = Date.parse('2015-01-01') / 86_400_000
  for (let day = from; day < from + 12 * 366; day += 1) {
    const index = periodOfDay(period, day)
    const first = firstDayOf(period, index)
    expect(first).toBeLessThanOrEqual(day)
    expect(firstDayOf(period, index + 1)).toBeGreaterThan(day)
    expect(periodOfDay(period, first)).toBe(index)
  }
})
