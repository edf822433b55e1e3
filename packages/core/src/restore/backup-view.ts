import { relative } from 'node:path'
import type { Config } from '../config/config-types.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { addon } from '../filediff/block-file.js'
import type { Log } from '../log/log-types.js'
import type { SnapshotSelector } from '../snapshot/find-snapshot.js'
import { restorePostfix } from '../snapshot/restore-mounts.js'
import type { SnapshotMounts, SnapshotStore } from '../snapshot/snapshot-port.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadTargetBackup } from '../target/target-state.js'
import { isBetween, TARGET_LOCK } from '../target/target-types.js'
import { assertTreeIs, chooseBackup } from './choose-backup.js'
import type { ScratchOwner } from './scratch-name.js'

/** A backup that can be read. */
export interface BackupView {
  readonly name: string
  /** Unix seconds: that of the source snapshot. null for a tree without a finished backup. */
  readonly timestamp: number | null
  /** Where its tree is. */
  readonly path: string
  /** Of the whole file system that holds it; null when no snapshot is mounted. */
  readonly mountPoint: string | null
  close(): Promise<void>
}

export interface ViewPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly snapshots: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly log: Log
  readonly owner: ScratchOwner
  lock(name: string): void
}

/** Mounts the snapshot that is meant; without snapshots, takes the tree itself. `forLong`: no backup may change that tree meanwhile. */
export async function openBackup(selector: SnapshotSelector, forLong: boolean, ports: ViewPorts): Promise<BackupView> {
  if (ports.config.backup.snapshotBackend === 'none') return openTree(selector, forLong, ports)
  return openSnapshot(chooseBackup(await ports.snapshots.list(), selector), ports)
}

export async function openSnapshot(snapshot: Snapshot, { config, mounts, log, owner }: ViewPorts): Promise<BackupView> {
  const { dataMount, dataPath } = config.lustre
  const postfix = restorePostfix(owner)
  const mountPoint = await mounts.mount(snapshot, postfix)
  const below = relative(dataMount, dataPath)
  let open = true
  return {
    name: snapshot.name,
    timestamp: snapshot.timestamp,
    mountPoint,
    path: below === '' ? mountPoint : `${mountPoint}/${below}`,
    close: async () => {
      if (!open) return
      open = false
      await mounts.umount(snapshot, postfix, false).catch((error: unknown) => {
        log.warning('a snapshot stays mounted; lustrebackup_snapshot_cleanup unmounts it', { snapshot: snapshot.name, error })
      })
    },
  }
}

function openTree(selector: SnapshotSelector, forLong: boolean, { config, layout, log, lock }: ViewPorts): BackupView {
  if (forLong) lock(TARGET_LOCK)
  const last = loadTargetBackup(layout, 'last_backup')
  const inProgress = loadTargetBackup(layout, 'inprogress_backup')
  assertTreeIs(selector, last)
  if (inProgress !== null && isBetween(inProgress)) {
    log.warning(
      `the tree is between two backups: what is restored may be as it was in ${last?.snapshotName ?? 'no backup'} or in ${inProgress.snapshotName}`,
    )
  }
  return {
    name: last?.snapshotName ?? 'the tree of the target',
    timestamp: last?.timestamp ?? null,
    mountPoint: null,
    path: config.lustre.dataPath,
    close: async () => undefined,
  }
}

/** A descriptor of the root of a backup, for the caller to close. */
export function openTreeOf({ path, name }: BackupView): number {
  try {
    return addon().openRoot(path)
  } catch (error) {
    throw new LustrebackupError('BACKUP_UNREADABLE', `opening the backup ${name}: ${reasonOf(error)}`, {
      hint: 'A snapshot that was made by hand may not hold the tree: see [LUSTRE] data_path.',
      cause: error,
    })
  }
}
