import { expect, it } from 'vitest'
import { joinWords } from '../ssh/remote-words.js'
import { type SnapshotCommand, snapshotWords } from './lctl-commands-plan.js'

it.each<[SnapshotCommand, string, string]>([
  [
    { kind: 'create', name: 's1', comment: 'a, b', barrierSeconds: 45 },
    "lctl_snapshot_create.sh -F src -n s1 -c 'a, b'",
    "lctl snapshot_create -F src -n s1 -c 'a, b' -t 45",
  ],
  [
    { kind: 'create', name: 's1', comment: '', barrierSeconds: 30 },
    'lctl_snapshot_create.sh -F src -n s1',
    'lctl snapshot_create -F src -n s1 -t 30',
  ],
  [{ kind: 'list' }, 'lctl_snapshot_list.sh -F src', 'lctl snapshot_list -F src'],
  [{ kind: 'detail', name: 's1' }, 'lctl_snapshot_list.sh -F src -n s1 -d', 'lctl snapshot_list -F src -n s1 -d'],
  [{ kind: 'mount', name: 's1' }, 'lctl_snapshot_mount.sh -F src -n s1', 'lctl snapshot_mount -F src -n s1'],
  [{ kind: 'umount', name: 's1' }, 'lctl_snapshot_umount.sh -F src -n s1', 'lctl snapshot_umount -F src -n s1'],
  [{ kind: 'destroy', name: 's1', force: false }, 'lctl_snapshot_destroy.sh -F src -n s1', 'lctl snapshot_destroy -F src -n s1'],
  [{ kind: 'destroy', name: 's1', force: true }, 'lctl_snapshot_destroy.sh -F src -n s1 -f', 'lctl snapshot_destroy -F src -n s1 -f'],
])('%j', (command, wrapper, lctl) => {
  expect(joinWords(snapshotWords(command, 'src', 'wrapper'))).toBe(wrapper)
  expect(joinWords(snapshotWords(command, 'src', 'lctl'))).toBe(lctl)
})
