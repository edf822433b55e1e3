import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { silentLog } from '../log/silent-log.js'
import { makeMetaFolders } from '../state/durable.js'
import { metaLayout } from '../state/meta-layout.js'
import { readLink } from '../state/state-link.js'
import { runCleanup } from './cleanup-run.js'
import type { CleanupStep } from './cleanup-types.js'
import { recordSnapshot } from './snapshot-record.js'
import type { Snapshot } from './snapshot-types.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-cleanup-run-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function snapshot(timestamp: number): Snapshot {
  const listed = { createTime: '', modifyTime: '', comment: null, mounted: false, snapshotFsname: '00000000' }
  return { name: `fs-backup-${timestamp}`, fsname: 'fs', timestamp, ours: true, ...listed }
}
const [THREE, TWO, ONE] = [snapshot(3), snapshot(2), snapshot(1)] as const
const ALL = [THREE, TWO, ONE]
const GO: CleanupStep[] = ALL.map((each) => ({ action: 'destroy', snapshot: each, reason: { kind: 'outlived' } }))

/** An MGS and a node that note what is asked of them. `broken` cannot be destroyed; `needed` is needed by the time it is its turn. */
function site(changes: { broken?: Snapshot; needed?: Snapshot; stopAfter?: Snapshot; mountedAs?: readonly string[] } = {}) {
  const diary: string[] = []
  const layout = metaLayout(folder)
  makeMetaFolders(layout)
  const stop = new AbortController()
  const unused = () => Promise.reject(new Error('not used'))
  const store = {
    list: unused,
    pieces: unused,
    create: unused,
    mount: unused,
    umount: async (name: string) => void diary.push(`servers umount ${name}`),
    destroy: async (name: string, force: boolean) => {
      diary.push(`destroy ${name}${force ? ' by force' : ''}`)
      if (name === changes.stopAfter?.name) stop.abort(new Error('stopped'))
      if (name === changes.broken?.name) throw new Error('no')
    },
  }
  const mounts = {
    mount: unused,
    umount: async (each: Snapshot, postfix: string) => void diary.push(`umount ${each.name}.${postfix}`),
    point: () => '',
    postfixes: async () => [...(changes.mountedAs ?? [])],
  }
  const whyKept = async (each: Snapshot) => (each === changes.needed ? 'needed' : null)
  return { diary, layout, ports: { store, mounts, layout, log: silentLog, signal: stop.signal, whyKept } }
}

it('destroys the oldest first, and goes on after one that fails', async () => {
  const { diary, ports } = site({ broken: ONE })
  const outcome = await runCleanup(GO, ALL, false, ports)
  expect(diary).toEqual(['destroy fs-backup-1', 'destroy fs-backup-2', 'destroy fs-backup-3'])
  expect(outcome).toEqual({ destroyed: [TWO, THREE], spared: [], failed: [{ snapshot: ONE, reason: 'no' }] })
})

it('spares what is needed by the time that it is its turn', async () => {
  const { diary, ports } = site({ needed: TWO })
  const outcome = await runCleanup(GO, ALL, false, ports)
  expect(diary).toEqual(['destroy fs-backup-1', 'destroy fs-backup-3'])
  expect(outcome.spared).toEqual([{ snapshot: TWO, reason: 'needed' }])
})

it('stops between two when it is told to', async () => {
  const { diary, ports } = site({ stopAfter: ONE })
  await expect(runCleanup(GO, ALL, false, ports)).rejects.toThrow('stopped')
  expect(diary).toEqual(['destroy fs-backup-1'])
})

it('forgets what it destroyed: the newest one left becomes the last snapshot', async () => {
  const { layout, ports } = site({ broken: TWO })
  for (const each of ALL.toReversed()) recordSnapshot(each, null, layout)
  await runCleanup(GO, ALL, false, ports)
  expect(readLink(layout.link('last_snapshot'))).toBe(layout.snapshot(2))
})

it('unmounts by force only when forced', async () => {
  const { diary, ports } = site({ mountedAs: ['manual'] })
  await runCleanup(GO.slice(2), ALL, true, ports)
  expect(diary).toEqual(['umount fs-backup-1.manual', 'servers umount fs-backup-1', 'destroy fs-backup-1 by force'])
})
