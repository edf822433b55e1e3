import type { MapHeader } from '../backupmap/backupmap-types.js'
import { LustrebackupError } from '../errors/errors.js'
import { runSnapshotCreate } from '../snapshot/snapshot-create-run.js'
import { refreshSnapshotList } from '../snapshot/snapshot-list-cache.js'
import { missingRoles } from '../snapshot/whole-snapshot.js'
import type { BackupPorts } from './backup-ports.js'
import { targetSnapshotComment, targetSnapshotName } from './snapshot-comment.js'

/**
 * Makes the snapshot of a finished tree. One of that name that is whole was made by an earlier run of this phase (`resumed`): the tree is the same
 * since then. Any other is of an earlier backup of the same source snapshot, and of a tree that was repaired since: it is made again.
 */
export async function snapshotTarget(header: MapHeader, resumed: boolean, ports: BackupPorts): Promise<void> {
  const { config, snapshots, log } = ports
  if (config.backup.snapshotBackend === 'none') return
  const name = targetSnapshotName(header)
  const comment = targetSnapshotComment(header)
  try {
    await create(name, comment, ports)
  } catch (error) {
    if (!(error instanceof LustrebackupError) || error.code !== 'SNAPSHOT_EXISTS') throw error
    const missing = missingRoles((await snapshots.pieces(name)) ?? [], [])
    if (missing.length === 0 && resumed) return
    log.warning('a snapshot is made again', { snapshot: name, missing, resumed })
    await snapshots.destroy(name, true)
    await create(name, comment, ports)
  }
}

async function create(name: string, comment: string, ports: BackupPorts): Promise<void> {
  const { fsname, mdts, snapshotCreateRetries } = ports.config.lustre
  const request = { fsname, name, comment, retries: snapshotCreateRetries, expectedRoles: mdts }
  await runSnapshotCreate(request, { ...ports, store: ports.snapshots })
  await refreshSnapshotList(ports.snapshots, ports.layout, fsname, ports.nowSeconds())
}
