import { relative } from 'node:path'
import { reasonOf } from '../errors/errors.js'
import { addon } from '../filediff/block-file.js'
import type { Lustre } from '../lustre/lustre-port.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { PathBytes } from '../types/path-bytes.js'
import { type BackupView, openBackup, openSnapshot, openTreeOf, type ViewPorts } from './backup-view.js'
import { backupsAmong } from './choose-backup.js'
import { lookAt } from './look-run.js'
import { type OpenVersion, runVersions, type Version } from './versions-run.js'

export interface FindVersionsPorts extends ViewPorts {
  readonly signal: AbortSignal
  openLustre(inFlight: number): Promise<Lustre>
  onClose(cleanup: () => Promise<void>): void
}

/** What a path, and what once had it, is in every backup of this target. One backup is mounted at a time. */
export async function findVersions(path: PathBytes, ports: FindVersionsPorts): Promise<Version[]> {
  if (ports.config.backup.snapshotBackend === 'none') return versionInTree(path, await openBackup({ kind: 'newest' }, false, ports))
  const snapshots = backupsAmong(await ports.snapshots.list())
  const lustre = await ports.openLustre(1).catch((error: unknown) => {
    ports.log.warning('renames cannot be followed: liblustreapi cannot be used', { reason: reasonOf(error) })
    return null
  })
  const open = (snapshot: Snapshot) => openVersion(snapshot, lustre, ports)
  return runVersions(path, snapshots, { api: addon(), signal: ports.signal, open })
}

async function openVersion(snapshot: Snapshot, lustre: Lustre | null, ports: FindVersionsPorts): Promise<OpenVersion> {
  const { dataMount, dataPath } = ports.config.lustre
  const view = await openSnapshot(snapshot, ports)
  ports.onClose(() => view.close())
  const root = openTreeOf(view)
  const tree = lustre?.openTree(view.mountPoint!) ?? null
  const close = async () => {
    tree?.close()
    addon().closeRoot(root)
    await view.close()
  }
  return { root, lustre: tree, below: Buffer.from(relative(dataMount, dataPath)) as PathBytes, close }
}

/** Without snapshots there is one version at most. */
async function versionInTree(path: PathBytes, view: BackupView): Promise<Version[]> {
  const root = openTreeOf(view)
  try {
    const [look] = await lookAt(addon(), root, [path])
    const entry = look?.ok ? look.value : null
    return entry === null ? [] : [{ backup: view.name, timestamp: view.timestamp, path, entry, fid: null }]
  } finally {
    addon().closeRoot(root)
  }
}
