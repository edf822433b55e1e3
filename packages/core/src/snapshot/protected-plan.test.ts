import { expect, it } from 'vitest'
import { parseSnapshotList } from './parse-snapshot-list.js'
import { type ProtectingState, planProtected } from './protected-plan.js'

const NOTHING: ProtectingState = {
  lastBackup: null,
  inprogressBackup: null,
  betweenBackup: null,
  lastBackupmap: null,
  inprogressBackupmap: null,
  verifying: [],
}
const snapshots = parseSnapshotList(
  ['src-backup-100', 'src-backup-200', 'src-backup-300', 'src-backup-400', 'src-backup-500', 'by-hand']
    .map((name) => `filesystem_name: src\nsnapshot_name: ${name}\nsnapshot_fsname: 0\ncreate_time: Thu Jan 01 1970 00:03:20 GMT`)
    .join('\n\n'),
)
const plan = (state: Partial<ProtectingState>) => Object.fromEntries(planProtected(snapshots, { ...NOTHING, ...state }))

it('protects what others made and the newest of ours, always', () => {
  expect(plan({})).toEqual({ 'by-hand': 'it was not made by lustrebackup', 'src-backup-500': 'it is the newest snapshot' })
})

it.each<[Partial<ProtectingState>, string, string]>([
  [{ lastBackup: 200 }, 'src-backup-200', 'it is the base of the next backup'],
  [{ lastBackup: 200, inprogressBackup: 300 }, 'src-backup-300', 'its backup is in progress'],
  [{ lastBackup: 200, betweenBackup: 300 }, 'src-backup-300', 'the target may be on its way to it'],
  [{ inprogressBackupmap: 400 }, 'src-backup-400', 'its backupmap is being made'],
  [{ lastBackup: 200, lastBackupmap: 300 }, 'src-backup-300', 'its backupmap waits for the backup'],
  [{ verifying: [300] }, 'src-backup-300', 'it is being verified'],
])('%j protects %s', (state, name, reason) => {
  expect(plan(state)[name]).toBe(reason)
})

it('protects nothing more', () => {
  expect(Object.keys(plan({ lastBackup: 300, lastBackupmap: 300, inprogressBackup: 400 })).toSorted()).toEqual([
    'by-hand',
    'src-backup-300',
    'src-backup-400',
    'src-backup-500',
  ])
})

it('does not take a snapshot of others that was made in the same second for the base', () => {
  expect(plan({ lastBackup: 200 })['by-hand']).toBe('it was not made by lustrebackup')
})
