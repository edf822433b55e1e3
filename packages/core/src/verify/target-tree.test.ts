import { expect, it } from 'vitest'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { chooseSnapshot } from './target-tree.js'

const snapshot = (name: string, timestamp: number, comment: string | null): Snapshot => ({
  name,
  timestamp,
  comment,
  fsname: 'dst',
  snapshotFsname: '0badcafe',
  createTime: '',
  modifyTime: '',
  mounted: false,
  ours: true,
})
const held = (timestamp: number, fsname = 'src', sourceSnapshot = `src-backup-${timestamp}`) =>
  snapshot(
    `${fsname}-backup-${timestamp}`,
    timestamp,
    `source_fsname: ${fsname}, source_snapshot: ${sourceSnapshot}, source_start_recno: 1`,
  )

const ALL = [held(300), held(200), held(100, 'other'), held(100), snapshot('dst-backup-100', 100, null), held(400, 'src', 'by-hand')]
const wanted = { fsname: 'src', snapshotName: 'src-backup-100', timestamp: 100, target: null }

it.each([
  ['the one whose comment names the state, whatever its own name', { ...wanted, snapshotName: 'by-hand', timestamp: 1 }, 'src-backup-400'],
  ['the one of this file system', wanted, 'src-backup-100'],
  ['the same, named by its time', { ...wanted, target: 100 }, 'src-backup-100'],
  ['another one, named by its time', { ...wanted, target: 300 }, 'src-backup-300'],
  ['none, where no comment names the state', { ...wanted, snapshotName: 'src-backup-150', timestamp: 150 }, null],
  ['none of another file system', { ...wanted, fsname: 'third' }, null],
])('%s', (_, state, name) => {
  expect(chooseSnapshot(ALL, state)?.name ?? null).toBe(name)
})
