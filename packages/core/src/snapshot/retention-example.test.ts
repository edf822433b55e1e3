import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { planCleanup } from './cleanup-plan.js'
import { cleanupTable } from './cleanup-text.js'
import { localCalendar } from './local-calendar.js'
import type { Snapshot } from './snapshot-types.js'

const DOCUMENT = fileURLToPath(new URL('../../../../docs/retention.md', import.meta.url))
const DAY = 86_400
const POLICY = { keepAllDays: 7, keepDays: 31, keepWeeks: 4, keepMonths: 12, keepYears: 10, removeVerified: false }
const calendar = localCalendar('Europe/Copenhagen')

function snapshot(timestamp: number): Snapshot {
  const listed = { createTime: '', modifyTime: '', comment: null, mounted: false, snapshotFsname: '00000000' }
  return { name: `myfs-backup-${timestamp}`, fsname: 'myfs', timestamp, ours: true, ...listed }
}

/** Eleven years with a snapshot every night and a cleanup every Monday, and the plan of the last one. */
function exampleTable(): string[] {
  const last = Date.parse('2026-11-23T02:00:00+01:00') / 1000
  const first = last - 11 * 366 * DAY
  const verified = new Set([Date.parse('2026-02-14T02:00:00+01:00') / 1000])
  const context = { now: last, localDay: calendar.day, protectedNames: new Map(), verified, mounted: new Map() }
  let snapshots: Snapshot[] = []
  for (let time = first; ; time += DAY) {
    snapshots = [...snapshots, snapshot(time)]
    if (time === last) return cleanupTable(planCleanup(snapshots, POLICY, context).steps, calendar.text)
    if ((calendar.day(time) + 3) % 7 !== 0) continue
    snapshots = planCleanup(snapshots, POLICY, context).steps.flatMap((step) => (step.action === 'keep' ? [step.snapshot] : []))
  }
}

it('is the table in docs/retention.md', () => {
  const example = /<!-- example -->\n```\n([\s\S]*?)```\n/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1]
  expect(example?.split('\n').slice(0, -1)).toEqual(exampleTable())
})
