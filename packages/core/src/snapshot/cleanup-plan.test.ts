import { expect, it } from 'vitest'
import { planAsked, planCleanup } from './cleanup-plan.js'
import { cleanupTable, pauseText, reasonText } from './cleanup-text.js'
import type { CleanupContext, CleanupPolicy, CleanupStep } from './cleanup-types.js'
import { localCalendar } from './local-calendar.js'
import type { Snapshot } from './snapshot-types.js'

const ZONE = localCalendar('Europe/Copenhagen')
const DEFAULTS: CleanupPolicy = { keepAllDays: 7, keepDays: 31, keepWeeks: 4, keepMonths: 12, keepYears: 10, removeVerified: false }
const NONE: CleanupPolicy = { ...DEFAULTS, keepAllDays: 0, keepDays: 0, keepWeeks: 0, keepMonths: 0, keepYears: 0 }
const at = (text: string) => Date.parse(text) / 1000
const NOW = at('2026-11-23T12:00+01:00')

function snapshot(time: string | number, changes: Partial<Snapshot> = {}): Snapshot {
  const timestamp = typeof time === 'number' ? time : at(time)
  const name = `fs-backup-${timestamp}`
  const listed = { createTime: '', modifyTime: '', comment: null, mounted: false, snapshotFsname: '00000000' }
  return { name, fsname: 'fs', timestamp, ours: true, ...listed, ...changes }
}

function context(changes: Partial<CleanupContext> = {}): CleanupContext {
  return { now: NOW, localDay: ZONE.day, protectedNames: new Map(), verified: new Set(), mounted: new Map(), ...changes }
}

const stepsOf = (...args: Parameters<typeof planCleanup>) => planCleanup(...args).steps

const show = (steps: readonly CleanupStep[]) =>
  steps.map((step) => {
    const day = ZONE.text(step.snapshot.timestamp).slice(0, 16)
    return `${day} ${step.action === 'destroy' ? 'DESTROY ' : ''}${reasonText(step).replaceAll(/\S+-backup-(\d+)/g, (_, time) => ZONE.text(Number(time)).slice(0, 16))}`
  })

it('keeps everything at first, then one a day, a week, a month and a year', () => {
  const times = [
    ...['2026-11-23T02:00+01:00', '2026-11-23T01:00+01:00', '2026-11-16T02:00+01:00', '2026-11-16T01:00+01:00'],
    ...['2026-11-15T02:00+01:00', '2026-11-15T01:00+01:00', '2026-10-16T02:00+02:00', '2026-10-16T01:00+02:00'],
    ...['2026-10-11T02:00+02:00', '2026-10-08T02:00+02:00', '2026-09-14T02:00+02:00', '2026-09-10T02:00+02:00'],
    ...['2025-09-30T02:00+02:00', '2025-09-29T02:00+02:00', '2025-08-30T02:00+02:00', '2015-01-01T01:00+01:00', '2014-12-31T01:00+01:00'],
  ]
  expect(
    show(
      stepsOf(
        times.map((time) => snapshot(time)),
        DEFAULTS,
        context(),
      ),
    ),
  ).toEqual([
    '2026-11-23 02:00 recent; day 2026-11-23; week 2026-W48; month 2026-11; year 2026',
    '2026-11-23 01:00 recent',
    '2026-11-16 02:00 recent; day 2026-11-16; week 2026-W47',
    '2026-11-16 01:00 recent',
    '2026-11-15 02:00 day 2026-11-15; week 2026-W46',
    '2026-11-15 01:00 DESTROY 2026-11-15 02:00 stands for day 2026-11-15',
    '2026-10-16 02:00 day 2026-10-16; week 2026-W42; month 2026-10',
    '2026-10-16 01:00 DESTROY 2026-10-16 02:00 stands for day 2026-10-16',
    '2026-10-11 02:00 week 2026-W41',
    '2026-10-08 02:00 DESTROY 2026-10-11 02:00 stands for week 2026-W41',
    '2026-09-14 02:00 week 2026-W38; month 2026-09',
    '2026-09-10 02:00 DESTROY 2026-09-14 02:00 stands for month 2026-09',
    '2025-09-30 02:00 month 2025-09; year 2025',
    '2025-09-29 02:00 DESTROY 2025-09-30 02:00 stands for month 2025-09',
    '2025-08-30 02:00 DESTROY 2025-09-30 02:00 stands for year 2025',
    '2015-01-01 01:00 year 2015',
    '2014-12-31 01:00 DESTROY older than every rule reaches',
  ])
})

it('counts days by the local calendar, not by hours', () => {
  const summer = [snapshot('2026-10-25T23:30+01:00'), snapshot('2026-10-25T00:30+02:00'), snapshot('2026-10-24T23:30+02:00')]
  const plan = stepsOf(summer, { ...NONE, keepDays: 31 }, context())
  expect(show(plan)).toEqual([
    '2026-10-25 23:30 day 2026-10-25',
    '2026-10-25 00:30 DESTROY 2026-10-25 23:30 stands for day 2026-10-25',
    '2026-10-24 23:30 day 2026-10-24',
  ])
})

it('destroys everything unprotected when all rules are off', () => {
  const all = ['2026-11-23T02:00Z', '2026-11-22T02:00Z'].map((time) => snapshot(time))
  const plan = stepsOf(all, NONE, context({ protectedNames: new Map([[all[0]!.name, 'the newest snapshot']]) }))
  expect(plan.map(reasonText)).toEqual(['the newest snapshot', 'older than every rule reaches'])
})

it('leaves the snapshots of others and of the future alone, and lets neither stand for a period', () => {
  const foreign = snapshot('2026-11-20T20:00+01:00', { name: 'pre-upgrade', ours: false })
  const future = snapshot('2027-11-23T12:00+01:00')
  const plan = stepsOf([foreign, future, snapshot('2026-11-20T02:00+01:00')], { ...NONE, keepYears: 1 }, context())
  expect(plan.map(reasonText)).toEqual(['made later than now by the clock', 'not made by lustrebackup', 'year 2026'])
})

const MONDAY = snapshot('2026-10-05T02:00+02:00')
const TUESDAY = snapshot('2026-10-06T02:00+02:00')
const TODAY = snapshot('2026-11-23T02:00+01:00')
const YESTERDAY = snapshot('2026-11-22T02:00+01:00')
const WEEKLY: CleanupPolicy = { ...NONE, keepDays: 2, keepWeeks: 10 }

it('lets a verified snapshot stand for its period instead of the newest one', () => {
  const verified = new Set([MONDAY.timestamp])
  expect(show(stepsOf([TODAY, YESTERDAY, TUESDAY, MONDAY], WEEKLY, context({ verified })))).toEqual([
    '2026-11-23 02:00 day 2026-11-23; week 2026-W48',
    '2026-11-22 02:00 day 2026-11-22; week 2026-W47',
    '2026-10-06 02:00 DESTROY 2026-10-05 02:00 stands for week 2026-W41',
    '2026-10-05 02:00 verified; week 2026-W41',
  ])
})

it('keeps every verified snapshot, however old, unless told otherwise', () => {
  const old = snapshot('2009-01-01T00:00Z')
  const verified = new Set([MONDAY.timestamp, TUESDAY.timestamp, old.timestamp])
  const all = [TODAY, YESTERDAY, TUESDAY, MONDAY, old]
  const last = (policy: CleanupPolicy) => show(stepsOf(all, policy, context({ verified }))).slice(2)
  expect(last(WEEKLY)).toEqual(['2026-10-06 02:00 verified; week 2026-W41', '2026-10-05 02:00 verified', '2009-01-01 01:00 verified'])
  expect(last({ ...WEEKLY, removeVerified: true })).toEqual([
    '2026-10-06 02:00 week 2026-W41',
    '2026-10-05 02:00 DESTROY 2026-10-06 02:00 stands for week 2026-W41',
    '2009-01-01 01:00 DESTROY older than every rule reaches',
  ])
})

it('leaves a mounted one alone, but says that only the mount keeps it', () => {
  const mounted = new Map([MONDAY, TUESDAY].map(({ name }) => [name, 'mounted on another node']))
  expect(show(stepsOf([TODAY, YESTERDAY, TUESDAY, MONDAY], WEEKLY, context({ mounted }))).slice(2)).toEqual([
    '2026-10-06 02:00 week 2026-W41',
    '2026-10-05 02:00 left alone: mounted on another node',
  ])
})

it('counts from the newest snapshot: an outage, or a wrong clock, destroys nothing', () => {
  const yearLater = context({ now: NOW + 366 * 86_400 })
  const all = [TODAY, YESTERDAY, TUESDAY, MONDAY]
  expect(planCleanup(all, DEFAULTS, yearLater)).toEqual(planCleanup(all, DEFAULTS, context()))
})

it('lets time pass after a long pause only when snapshots were made on a second day', () => {
  const plan = (...times: string[]) => {
    const all = [...times.map((time) => snapshot(time)), TODAY, YESTERDAY, TUESDAY, MONDAY]
    return planCleanup(all, WEEKLY, context({ now: at('2028-01-02T12:00Z') }))
  }
  const once = plan('2028-01-01T01:00Z', '2028-01-01T02:00Z')
  expect(once.steps.map(({ action }) => action)).toEqual(['keep', 'destroy', 'keep', 'keep', 'keep', 'destroy'])
  expect(pauseText(once.pause!)).toMatch(
    'rules are counted from 2026-11-23: snapshots were made on one day only (2028-01-01) after a pause of 404 days',
  )
  const twice = plan('2028-01-02T01:00Z', '2028-01-01T01:00Z')
  expect(twice.steps.map(({ action }) => action)).toEqual(['keep', 'keep', 'destroy', 'destroy', 'destroy', 'destroy'])
  expect(twice.pause).toBeNull()
})

it('destroys what was asked for by timestamp, unless it is protected, in use or verified', () => {
  const [protectedOne, used, verified] = ['2020-01-01T00:00Z', '2020-01-02T00:00Z', '2020-01-03T00:00Z'].map((time) => snapshot(time))
  const facts = context({
    protectedNames: new Map([[protectedOne!.name, 'base of the next backup']]),
    mounted: new Map([[used!.name, 'mounted on another node']]),
    verified: new Set([verified!.timestamp]),
  })
  const all = [TODAY, protectedOne!, used!, verified!]
  const asked = new Set(all.map(({ timestamp }) => timestamp))
  const texts = (force: boolean, removeVerified: boolean) => planAsked(all, asked, { force, removeVerified }, facts).map(reasonText)
  expect(texts(false, false)).toEqual(['asked for', 'verified', 'left alone: mounted on another node', 'base of the next backup'])
  expect(texts(false, true)).toEqual(['asked for', 'asked for', 'left alone: mounted on another node', 'base of the next backup'])
  expect(texts(true, false)).toEqual(['asked for', 'asked for', 'left alone: mounted on another node', 'asked for'])
  expect(planAsked(all, new Set([1]), { force: false, removeVerified: false }, facts)).toEqual([])
})

it('is printed as a table', () => {
  expect(cleanupTable(stepsOf([TODAY, YESTERDAY, MONDAY, TUESDAY], WEEKLY, context()), ZONE.text)).toEqual([
    'keep     fs-backup-1795395600  2026-11-23 02:00:00 +0100  day 2026-11-23; week 2026-W48',
    'keep     fs-backup-1795309200  2026-11-22 02:00:00 +0100  day 2026-11-22; week 2026-W47',
    'keep     fs-backup-1791244800  2026-10-06 02:00:00 +0200  week 2026-W41',
    'destroy  fs-backup-1791158400  2026-10-05 02:00:00 +0200  fs-backup-1791244800 stands for week 2026-W41',
  ])
})
