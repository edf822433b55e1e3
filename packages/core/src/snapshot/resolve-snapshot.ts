import type { MetaLayout } from '../state/meta-layout.js'
import { findSnapshot, type SnapshotSelector, snapshotNotFound } from './find-snapshot.js'
import { loadSnapshotList, refreshSnapshotList } from './snapshot-list-cache.js'
import type { SnapshotStore } from './snapshot-port.js'
import type { Snapshot } from './snapshot-types.js'

export interface ResolveContext {
  readonly store: SnapshotStore
  readonly layout: MetaLayout
  readonly fsname: string
  readonly nowSeconds: number
}

/** The snapshot that a person means: from the cached list where that has it, otherwise the MGS is asked. What is newest only the MGS knows. */
export async function resolveSnapshot(selector: SnapshotSelector, context: ResolveContext): Promise<Snapshot> {
  const { store, layout, fsname, nowSeconds } = context
  const cached = selector.kind === 'newest' ? null : findSnapshot(loadSnapshotList(layout, fsname)?.snapshots ?? [], selector)
  if (cached !== null) return cached
  const found = findSnapshot((await refreshSnapshotList(store, layout, fsname, nowSeconds)).snapshots, selector)
  if (found === null) throw snapshotNotFound(selector, fsname)
  return found
}
