import { EXIT, LustrebackupError } from '../errors/errors.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { findSnapshot, type SnapshotSelector, snapshotNotFound } from './find-snapshot.js'
import { loadProtectingState } from './load-protecting-state.js'
import { planProtected } from './protected-plan.js'
import { refreshSnapshotList } from './snapshot-list-cache.js'
import type { SnapshotMounts, SnapshotStore } from './snapshot-port.js'
import { forgetSnapshot } from './snapshot-record.js'
import type { Snapshot } from './snapshot-types.js'

export interface SnapshotDestroyPorts {
  readonly store: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly layout: MetaLayout
  readonly fsname: string
  readonly nowSeconds: number
}

/** Destroys one snapshot. One that is needed or mounted here is refused, unless forced. */
export async function runSnapshotDestroy(selector: SnapshotSelector, force: boolean, ports: SnapshotDestroyPorts): Promise<Snapshot> {
  const { store, mounts, layout, fsname, nowSeconds } = ports
  const { snapshots } = await refreshSnapshotList(store, layout, fsname, nowSeconds)
  const snapshot = findSnapshot(snapshots, selector)
  if (snapshot === null) throw snapshotNotFound(selector, fsname)
  const postfixes = await mounts.postfixes(snapshot)
  if (!force) assertNotNeeded(snapshot, planProtected(snapshots, loadProtectingState(layout)), postfixes)
  for (const postfix of postfixes) await mounts.umount(snapshot, postfix, true)
  if (force) await store.umount(snapshot.name)
  await store.destroy(snapshot.name, force)
  const left = await refreshSnapshotList(store, layout, fsname, nowSeconds)
  forgetSnapshot(snapshot, findSnapshot(left.snapshots, { kind: 'newest' }), layout)
  return snapshot
}

function assertNotNeeded(snapshot: Snapshot, protectedNames: ReadonlyMap<string, string>, postfixes: readonly string[]): void {
  const why = protectedNames.get(snapshot.name)
  const refuse = (reason: string, hint: string) =>
    new LustrebackupError('SNAPSHOT_PROTECTED', `the snapshot ${snapshot.name} is not destroyed: ${reason}`, {
      exitCode: EXIT.failed,
      hint,
    })
  if (why !== undefined) throw refuse(why, 'use --force if it is to go all the same')
  if (postfixes.length > 0)
    throw refuse(`it is mounted here as ${postfixes.join(', ')}`, 'unmount it with lustrebackup_snapshot_umount, or use --force')
}
