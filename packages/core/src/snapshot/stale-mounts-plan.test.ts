import { expect, it } from 'vitest'
import type { Snapshot } from './snapshot-types.js'
import { planStaleMounts } from './stale-mounts-plan.js'

const HOME = '/snap'
const NONE = { comment: null, createTime: '', modifyTime: '', mounted: true, ours: true }
const SNAPSHOT: Snapshot = { ...NONE, name: 'src-backup-7', fsname: 'src', snapshotFsname: '0badcafe', timestamp: 7 }
const at = (name: string, source = '10.0.0.1@tcp:/0badcafe') => ({ target: name, source, fstype: 'lustre', options: ['ro'] })

function decide(name: string, sourceIsBusy = false, verifyIsBusy = false): string {
  const users = {
    inprogressBackup: 7,
    sourceIsBusy,
    verifyIsBusy,
    restoreState: (postfix: string) => (({ 'restore-1-2': 'running', 'restore-3-4': 'over' })[postfix] as 'running') ?? null,
  }
  return planStaleMounts([at(`${HOME}/${name}`)], HOME, [SNAPSHOT], users)
    .map(({ action, reason }) => `${action}: ${reason}`)
    .join()
}

it.each([
  ['src-backup-7.map', 'umount: the run that mounted it is over'],
  ['src-backup-7.backup', 'keep: its backup is in progress'],
  ['src-backup-7.verify', 'umount: the verification that mounted it is over'],
  ['src-backup-7.manual', 'keep: not mounted by a backup'],
  ['src-backup-7.restore-1-2', 'keep: a restore reads it'],
  ['src-backup-7.restore-3-4', 'umount: the restore that mounted it is over'],
  ['src-backup-8.restore-3-4', 'umount: its snapshot is gone'],
  ['elsewhere/src-backup-7.map', ''],
  ['src-backup-7', ''],
])('%s', (name, decision) => expect(decide(name)).toBe(decision))

it('what may still be used stays, but a restore does not use what the source uses', () => {
  expect(decide('src-backup-7.map', true)).toBe('keep: another run may use it')
  expect(decide('src-backup-7.restore-3-4', true)).toBe('umount: the restore that mounted it is over')
  expect(decide('src-backup-7.verify', true)).toBe('umount: the verification that mounted it is over')
  expect(decide('src-backup-7.verify', false, true)).toBe('keep: a verification may use it')
})
