import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planCleanup } from './cleanup-plan.js'
import type { CleanupPolicy } from './cleanup-types.js'
import { localCalendar } from './local-calendar.js'
import type { Snapshot } from './snapshot-types.js'

const HOUR = 3600
const DAY = 24 * HOUR
const LONGEST_PAUSE = 70 * DAY
const YEARS = 11
const START = Date.UTC(2011, 0, 1) / 1000
const DEFAULTS: CleanupPolicy = { keepAllDays: 7, keepDays: 31, keepWeeks: 4, keepMonths: 12, keepYears: 10, removeVerified: false }
/** Among them one with daylight saving at midnight, one that skips a day, one with half hours. */
const ZONES = ['UTC', 'Europe/Copenhagen', 'America/Santiago', 'Pacific/Apia', 'Australia/Lord_Howe', 'Asia/Kolkata']

/** What the clock says when a snapshot is made, and what the time really is. */
interface Moment {
  readonly clock: number
  readonly real: number
}

interface Run {
  readonly zone: string
  readonly moments: readonly Moment[]
  readonly policy: CleanupPolicy
  /** A cleanup after every so many snapshots. */
  readonly cleanupEvery: number
  /** One in so many snapshots is verified; 0 = none. */
  readonly verifyEvery: number
}

/** Local calendar by TZ, as the C library has it, and not by a name of a zone: nothing shared with the code under test. */
function labelsOf(timestamp: number) {
  const date = new Date(timestamp * 1000)
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 1000 / DAY
  const week = (day - ((date.getDay() + 6) % 7) + 3) / 7
  return { day, week, month: date.getFullYear() * 12 + date.getMonth(), year: date.getFullYear() }
}

/** Of each period, the newest snapshot that was ever seen in it. */
type Seen = Map<string, number>

let savedZone: string | undefined
beforeAll(() => {
  savedZone = process.env.TZ
})
afterAll(() => {
  if (savedZone === undefined) delete process.env.TZ
  else process.env.TZ = savedZone
})

class Site {
  private readonly localDay: (timestamp: number) => number
  private readonly labels = new Map<number, string[]>()
  private readonly clockIsRight: boolean
  private seen: Seen = new Map()
  private readonly verified = new Set<number>()
  private snapshots: Snapshot[] = []
  /** S0, the base of the next backup: not always the newest. */
  private base: Snapshot | undefined

  constructor(private readonly run: Run) {
    process.env.TZ = run.zone
    this.clockIsRight = run.moments.every((moment) => moment.clock === moment.real)
    const calendar = localCalendar(run.zone)
    const days = new Map<number, number>()
    this.localDay = (timestamp) => {
      const known = days.get(timestamp) ?? calendar.day(timestamp)
      days.set(timestamp, known)
      return known
    }
  }

  make({ clock }: Moment, count: number): void {
    if (this.snapshots.some(({ timestamp }) => timestamp === clock)) return
    const foreign = count % 97 === 13
    const name = foreign ? `manual-${clock}` : `fs-backup-${clock}`
    const listed = { createTime: '', modifyTime: '', comment: null, mounted: false, snapshotFsname: '00000000' }
    const snapshot = { name, fsname: 'fs', timestamp: clock, ours: !foreign, ...listed }
    this.snapshots.push(snapshot)
    if (foreign) return
    if (this.run.verifyEvery > 0 && count % this.run.verifyEvery === 1) this.verified.add(clock)
    if (count % 3 !== 0) this.base = snapshot
  }

  cleanup({ clock, real }: Moment): void {
    const before = this.snapshots
    const destroyed = new Set(this.destroyed(clock))
    this.snapshots = before.filter((snapshot) => !destroyed.has(snapshot))
    // While the clock is wrong, only what there is can be compared; otherwise all that there ever was.
    if (!this.clockIsRight) this.seen = new Map()
    this.look(before, this.seen)
    this.checkProtected(destroyed, clock)
    this.checkRecent(before, real)
    this.checkPeriods(real)
    if (clock === real) this.checkDestroysEnough(clock)
    expect(this.destroyed(clock), 'a second cleanup destroys nothing').toEqual([])
  }

  private destroyed(now: number): Snapshot[] {
    const protectedNames = new Map<string, string>()
    const newest = this.snapshots.reduce((a, b) => (b.timestamp > a.timestamp ? b : a))
    protectedNames.set(newest.name, 'newest')
    if (this.base !== undefined) protectedNames.set(this.base.name, 'base')
    const context = { now, localDay: this.localDay, protectedNames, verified: this.verified, mounted: new Map() }
    return planCleanup(this.snapshots, this.run.policy, context).steps.flatMap((step) => (step.action === 'destroy' ? [step.snapshot] : []))
  }

  private checkProtected(destroyed: ReadonlySet<Snapshot>, now: number): void {
    for (const snapshot of destroyed) {
      const verified = !this.run.policy.removeVerified && this.verified.has(snapshot.timestamp)
      if (!snapshot.ours || snapshot === this.base || snapshot.timestamp > now || verified)
        expect.unreachable(`${snapshot.name} was protected`)
    }
  }

  private checkRecent(before: readonly Snapshot[], now: number): void {
    const { keepAllDays } = this.run.policy
    if (keepAllDays === 0) return
    const left = new Set(this.snapshots)
    const first = labelsOf(now).day - keepAllDays
    const young = before.filter(({ ours, timestamp }) => ours && timestamp <= now && labelsOf(timestamp).day >= first)
    expect(young.filter((snapshot) => !left.has(snapshot))).toEqual([])
  }

  /** No period that a rule reaches is empty when there was a snapshot in it. */
  private checkPeriods(now: number): void {
    const { keepAllDays, keepDays, keepWeeks, keepMonths, keepYears } = this.run.policy
    const newest = Math.max(...this.snapshots.filter(({ ours, timestamp }) => ours && timestamp <= now).map(({ timestamp }) => timestamp))
    const left: Seen = new Map()
    this.look(this.snapshots, left)
    const rules = { day: [keepDays, 1], week: [keepWeeks, 7], month: [keepMonths, 365.2425 / 12], year: [keepYears, 365.2425] }
    let days = keepAllDays
    const since = new Map<string, number>()
    for (const [period, [count, length]] of Object.entries(rules)) {
      if (count! > 0) days += count! * length!
      // Two days less for months of different lengths and the hour that daylight saving moves.
      since.set(period, count! > 0 ? newest - (days - 2) * DAY : Number.POSITIVE_INFINITY)
    }
    const empty = [...this.seen].filter(([key, time]) => time <= now && time >= since.get(key.split(' ')[0]!)! && !left.has(key))
    expect(empty, 'empty periods').toEqual([])
  }

  private look(snapshots: readonly Snapshot[], seen: Seen): void {
    for (const { ours, timestamp } of snapshots) {
      if (!ours) continue
      const labels = this.labels.get(timestamp) ?? Object.entries(labelsOf(timestamp)).map((entry) => entry.join(' '))
      this.labels.set(timestamp, labels)
      for (const label of labels) seen.set(label, Math.max(timestamp, seen.get(label) ?? 0))
    }
  }

  private checkDestroysEnough(now: number): void {
    const { keepAllDays, keepDays, keepWeeks, keepMonths, keepYears, removeVerified } = this.run.policy
    const dated = this.snapshots.filter(({ ours, timestamp }) => ours && timestamp <= now)
    const newest = Math.max(...dated.map(({ timestamp }) => timestamp))
    // The rules may be counted from before a pause, which is the longest of `gaps`.
    const past = newest - (keepAllDays + 33) * DAY - LONGEST_PAUSE
    const free = dated.filter(({ timestamp }) => timestamp < past && (removeVerified || !this.verified.has(timestamp)))
    const periods = keepDays + keepWeeks + keepMonths + keepYears + 4
    expect(free.length, 'snapshots of the past that are kept').toBeLessThanOrEqual(periods + 2)
  }
}

function simulate(run: Run): void {
  const site = new Site(run)
  for (const [index, moment] of run.moments.entries()) {
    site.make(moment, index)
    if (index % run.cleanupEvery === 0) site.cleanup(moment)
  }
}

/** A clock that is right. */
const right = (time: number): Moment => ({ clock: time, real: time })

function regular(every: number, years: number): Moment[] {
  return Array.from({ length: (years * 365.25 * DAY) / every }, (_, index) => right(START + 2 * HOUR + index * every))
}

const policies: fc.Arbitrary<CleanupPolicy> = fc.record({
  keepAllDays: fc.nat(10),
  keepDays: fc.nat(40),
  keepWeeks: fc.nat(8),
  keepMonths: fc.nat(14),
  keepYears: fc.nat(4),
  removeVerified: fc.boolean(),
})

const gaps = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 60, max: 6 * HOUR }) },
  { weight: 6, arbitrary: fc.integer({ min: 6 * HOUR, max: 3 * DAY }) },
  { weight: 2, arbitrary: fc.integer({ min: 3 * DAY, max: 20 * DAY }) },
  { weight: 1, arbitrary: fc.integer({ min: 20 * DAY, max: LONGEST_PAUSE }) },
)

const irregular: fc.Arbitrary<Moment[]> = fc.array(gaps, { minLength: 20, maxLength: 300, size: 'max' }).map((steps) => {
  let time = START
  return steps.map((gap) => {
    time += gap
    return right(time)
  })
})

/** A regular schedule, with snapshots by a clock that was wrong by more than a month: once in the future, and now and then in the past. */
const jumping: fc.Arbitrary<Moment[]> = fc
  .record({ future: jumpIn(1, 1), past: jumpIn(0, 3) })
  .map(({ future, past }) => [...future, ...past.map(({ at, by }) => ({ at, by: -by }))])
  .map((jumps) => {
    const moments = regular(DAY, 3)
    for (const { at, by } of jumps) {
      const real = moments[at]!.real + HOUR
      moments.splice(at + 1, 0, { real, clock: real + by })
    }
    return moments
  })

function jumpIn(minLength: number, maxLength: number): fc.Arbitrary<{ at: number; by: number }[]> {
  const jump = fc.record({ at: fc.integer({ min: 60, max: 1000 }), by: fc.integer({ min: 40 * DAY, max: 900 * DAY }) })
  return fc.array(jump, { minLength, maxLength })
}

const runs = (moments: fc.Arbitrary<Moment[]>): fc.Arbitrary<Run> =>
  fc.record({
    zone: fc.constantFrom(...ZONES),
    moments,
    policy: policies,
    cleanupEvery: fc.integer({ min: 1, max: 40 }),
    verifyEvery: fc.constantFrom(0, 2, 10, 50),
  })

describe('over eleven years', () => {
  it.each(ZONES.slice(0, 4))('one snapshot a day, a cleanup a week, in %s', (zone) => {
    simulate({ zone, moments: regular(DAY, YEARS), policy: DEFAULTS, cleanupEvery: 7, verifyEvery: 0 })
  })

  it('one snapshot an hour, a cleanup every eleven days, a few verified', () => {
    simulate({ zone: 'Australia/Lord_Howe', moments: regular(HOUR, YEARS), policy: DEFAULTS, cleanupEvery: 265, verifyEvery: 1000 })
  })

  it('one snapshot a week, a cleanup after each, some of them verified', () => {
    simulate({ zone: 'Europe/Copenhagen', moments: regular(7 * DAY, YEARS), policy: DEFAULTS, cleanupEvery: 1, verifyEvery: 5 })
  })
})

describe('by any policy', () => {
  it('with snapshots at any time and missed weeks', () => {
    fc.assert(fc.property(runs(irregular), simulate), { numRuns: 60 })
  })

  it('with a clock that jumps and comes back', () => {
    fc.assert(fc.property(runs(jumping), simulate), { numRuns: 12 })
  })
})
