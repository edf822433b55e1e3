import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import { findSnapshot } from './find-snapshot.js'
import { isSource } from './prepare-source-run.js'
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

/** Creates a snapshot, unless it would seem older than what there is, refreshes the list and makes it the last one. `name` null and `comment` empty as in `SnapshotCreateRequest`. */
export async function createAndRecord(name: string | null, comment: string, context: CreateContext): Promise<Snapshot> {
  const { lustre } = context.config
  if (isSource(context.config)) assertClock(context)
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

/** A snapshot of a source that seems older than the last one, or than the last backup, would never be backed up. */
function assertClock({ layout, nowSeconds }: CreateContext): void {
  const known = (['last_snapshot', 'last_backup'] as const).map((link) => linkedTimestamp(layout.link(link)) ?? 0)
  const [now, newest] = [nowSeconds(), Math.max(...known)]
  if (now >= newest) return
  const [clock, made] = [now, newest].map((seconds) => new Date(seconds * 1000).toISOString())
  throw new LustrebackupError(
    'CLOCK_BEHIND',
    `no snapshot was made: the clock of this host says ${clock}, but the last snapshot is of ${made} (${newest}), and an older one is never backed up`,
    {
      hint: 'Set the clock right. If it was ahead when that snapshot was made, destroy the snapshot (lustrebackup_snapshot_destroy); if it was backed up already, also remove the link last_backup in meta_basepath on the source: the next map is then a full one.',
    },
  )
}
