import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { findSnapshot } from './find-snapshot.js'
import { runSnapshotCreate, type SnapshotCreatePorts } from './snapshot-create-run.js'
import { refreshSnapshotList } from './snapshot-list-cache.js'
import type { SnapshotStore } from './snapshot-port.js'
import { recordSnapshot } from './snapshot-record.js'
import type { Snapshot } from './snapshot-types.js'

export interface CreateContext extends Omit<SnapshotCreatePorts, 'store'> {
  readonly config: Config
  readonly layout: MetaLayout
  readonly snapshots: SnapshotStore
  /** Number of the canary that went before the snapshot; null = none. */
  readonly canary?: number | null
}

/** Creates a snapshot, refreshes the list and makes it the last one. `name` null and `comment` empty as in `SnapshotCreateRequest`. */
export async function createAndRecord(name: string | null, comment: string, context: CreateContext): Promise<Snapshot> {
  const { lustre } = context.config
  const request = { fsname: lustre.fsname, name, comment, retries: lustre.snapshotCreateRetries, expectedRoles: lustre.mdts }
  const created = await runSnapshotCreate(request, { ...context, store: context.snapshots })
  const list = await refreshSnapshotList(context.snapshots, context.layout, lustre.fsname, context.nowSeconds())
  const snapshot = findSnapshot(list.snapshots, { kind: 'name', name: created })
  if (snapshot === null) {
    throw new LustrebackupError('SNAPSHOT_CREATE_FAILED', `the snapshot ${created} was made, but the MGS does not list it`, {
      hint: 'see /var/log/lsnapshot.log on the MGS',
    })
  }
  recordSnapshot(snapshot, context.canary ?? null, context.layout)
  return snapshot
}
