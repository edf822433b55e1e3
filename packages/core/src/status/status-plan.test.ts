import { expect, it } from 'vitest'
import { describeForNagios, describeStatus, exitCodeOf } from './describe-status.js'
import { planStatus } from './status-plan.js'
import type { StatusFacts } from './status-types.js'

const NOW = 1_700_000_000
const HOUR = 3600
const LAST = {
  snapshotName: 'src-backup-1',
  timestamp: NOW - HOUR,
  finishedAt: NOW - 600,
  owedCount: 0,
  acknowledged: true,
  incomplete: false,
}
const GOOD: StatusFacts = {
  side: 'target',
  nowSeconds: NOW,
  last: LAST,
  unfinished: null,
  running: [],
  backlogs: [],
  unproven: [],
  snapshots: null,
  lastVerified: null,
  coverage: null,
  differing: [],
  report: null,
  disks: [{ folder: '/b', totalBytes: 1000n, freeBytes: 100n }],
}
const RUNNING = { command: 'lustrebackup_target', host: 'h', pid: 1, since: NOW - 60 }
const UNFINISHED = { snapshotName: 'src-backup-2', timestamp: NOW - 60, startedAt: NOW - 60, phase: { name: 'data', number: 5, count: 9 } }
const backlog = (leftSeconds: number | null, missing = false) => ({
  mdt: 'MDT0000',
  user: 'cl1',
  recordCount: missing ? null : 7n,
  leftSeconds,
  missing,
})
const judge = (more: Partial<StatusFacts>) => planStatus({ ...GOOD, ...more }, { maxAgeSeconds: 24 * HOUR })

it.each<[string, Partial<StatusFacts>, number, string]>([
  ['all is well', {}, 0, ''],
  ['none', { last: null }, 2, 'no backup was ever finished'],
  ['old', { last: { ...LAST, timestamp: NOW - 25 * HOUR } }, 1, 'holds the state of 1 d 01 h ago'],
  ['very old', { last: { ...LAST, timestamp: NOW - 49 * HOUR } }, 2, 'holds the state of 2 d 01 h ago'],
  ['of clocks that differ a little', { last: { ...LAST, timestamp: NOW + 299 } }, 0, ''],
  ['of the future', { last: { ...LAST, timestamp: NOW + HOUR } }, 1, 'a state of 1 h in the future (src-backup-1)'],
  ['of the far future', { last: { ...LAST, timestamp: NOW + 25 * HOUR } }, 2, 'a state of 1 d 01 h in the future'],
  ['owed', { last: { ...LAST, owedCount: 3 } }, 1, '3 entries could not be copied'],
  ['not told', { last: { ...LAST, acknowledged: false } }, 1, 'the source has not been told'],
  ['incomplete', { last: { ...LAST, incomplete: true } }, 1, 'a full map is needed'],
  ['runs', { unfinished: UNFINISHED, running: [RUNNING] }, 0, ''],
  ['interrupted', { unfinished: UNFINISHED }, 1, 'was interrupted'],
  [
    'something else runs',
    { unfinished: UNFINISHED, running: [{ ...RUNNING, command: 'lustrebackup_target_verify' }] },
    1,
    'was interrupted',
  ],
  ['time left', { backlogs: [backlog(8 * 86_400)] }, 0, ''],
  ['little time left', { backlogs: [backlog(3 * 86_400)] }, 1, 'removes the changelog user cl1 of MDT0000 in about 3 d'],
  ['hardly any left', { backlogs: [backlog(86_400)] }, 2, 'in about 1 d'],
  ['no user', { backlogs: [backlog(null, true)] }, 2, 'is not registered on MDT0000'],
  ['unproven', { unproven: ['why'] }, 1, 'has to be a full one: why'],
  ['wrong', { differing: [{ timestamp: 7, differenceCount: 3, owedCount: 2 }] }, 2, 'the backup 7 found 3 differences, 2 of which'],
  ['owed and found', { differing: [{ timestamp: 7, differenceCount: 2, owedCount: 2 }] }, 1, 'the backup 7 found 2 differences'],
  ['nearly full', { disks: [{ folder: '/b', totalBytes: 1000n, freeBytes: 99n }] }, 1, '99 B of 1000 B are free at /b'],
  ['full', { disks: [{ folder: '/b', totalBytes: 1000n, freeBytes: 29n }] }, 2, '29 B of 1000 B are free at /b'],
])('%s', (_, more, exitCode, text) => {
  const status = judge(more)
  expect(exitCodeOf(status.level)).toBe(exitCode)
  expect(status.problems.map((problem) => problem.text).join()).toContain(text)
  expect(status.problems.length).toBe(exitCode === 0 ? 0 : 1)
})

it('is told in lines, and in one line', () => {
  const status = judge({ unfinished: UNFINISHED, running: [RUNNING], backlogs: [backlog(30 * 86_400)] })
  expect(describeStatus(status).join('\n')).toContain(
    'unfinished:         src-backup-2, begun 1 min ago, phase data (5 of 9)\nrunning:            lustrebackup_target, process 1 on h, for 1 min',
  )
  expect(describeForNagios(status)).toBe('LUSTREBACKUP OK - last backup src-backup-1, 1 h old | age=3600s owed=0 backlog_MDT0000=7')
  expect(describeForNagios(judge({ last: null, disks: [{ folder: '/a|b', totalBytes: 100n, freeBytes: 0n }] }))).toBe(
    'LUSTREBACKUP CRITICAL - no backup was ever finished; 0 B of 100 B are free at /a b | ',
  )
})
