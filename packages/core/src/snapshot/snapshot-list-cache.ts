import { makeMetaFolders } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { asArray, asBoolean, asCount, asFormat, asObject, asString, asStringOrNull } from '../state/state-shape.js'
import type { SnapshotStore } from './snapshot-port.js'
import type { Snapshot } from './snapshot-types.js'

const FORMAT = 'lustrebackup-snapshot-list'
const VERSION = 1

/** The list of snapshots as the MGS gave it last: asking again takes seconds for each snapshot. */
export interface SnapshotListCache {
  /** Unix seconds. */
  readonly listedAt: number
  readonly snapshots: readonly Snapshot[]
}

/** null when it was never asked for, or for another file system. */
export function loadSnapshotList(layout: MetaLayout, fsname: string): SnapshotListCache | null {
  const cache = loadState(layout.snapshotList, parseCache)
  return cache?.fsname === fsname ? cache : null
}

/** Asks the MGS and remembers what it says. */
export async function refreshSnapshotList(
  store: SnapshotStore,
  layout: MetaLayout,
  fsname: string,
  nowSeconds: number,
): Promise<SnapshotListCache> {
  const snapshots = await store.list()
  makeMetaFolders(layout)
  saveState(layout.snapshotList, { format: FORMAT, version: VERSION, fsname, listedAt: nowSeconds, snapshots })
  return { listedAt: nowSeconds, snapshots }
}

function parseCache(value: unknown): SnapshotListCache & { readonly fsname: string } {
  const cache = asFormat(value, FORMAT, VERSION)
  return {
    fsname: asString(cache.fsname, 'fsname'),
    listedAt: asCount(cache.listedAt, 'listedAt'),
    snapshots: asArray(cache.snapshots, 'snapshots').map(parseSnapshot),
  }
}

function parseSnapshot(value: unknown): Snapshot {
  const snapshot = asObject(value, 'a snapshot')
  return {
    name: asString(snapshot.name, 'name'),
    fsname: asString(snapshot.fsname, 'fsname'),
    snapshotFsname: asString(snapshot.snapshotFsname, 'snapshotFsname'),
    timestamp: asCount(snapshot.timestamp, 'timestamp'),
    createTime: asString(snapshot.createTime, 'createTime'),
    modifyTime: asString(snapshot.modifyTime, 'modifyTime'),
    comment: asStringOrNull(snapshot.comment, 'comment'),
    mounted: asBoolean(snapshot.mounted, 'mounted'),
    ours: asBoolean(snapshot.ours, 'ours'),
  }
}
