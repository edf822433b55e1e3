import { FID_BYTES, type Lustreapi } from '@lustrebackup/lustreapi/binding'
import { packPaths, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { type Fid, fidAt, packFids } from '../types/fid.js'
import { isBeneath, joinPath, type PathBytes } from '../types/path-bytes.js'
import { lookAt } from './look-run.js'
import type { FoundEntry } from './restore-types.js'

/** What a path, or the object that once had it, is in one backup. */
export interface Version {
  readonly backup: string
  readonly timestamp: number | null
  readonly path: Buffer
  readonly entry: FoundEntry
  /** The target's name for the object: it stays with it under every path. null where the file system has none. */
  readonly fid: Fid | null
}

/** A backup that is open for looking into it. */
export interface OpenVersion {
  readonly root: number
  /** null where the file system is not Lustre. */
  readonly lustre: LustreTree | null
  /** The root of the backup, relative to that of the file system. */
  readonly below: PathBytes
  close(): Promise<void>
}

export interface VersionsPorts {
  readonly api: Lustreapi
  readonly signal: AbortSignal
  open(snapshot: Snapshot): Promise<OpenVersion>
}

/**
 * Looks for a path in all backups, newest first, and for the objects that it led to under whatever path they have elsewhere. On the target an
 * object keeps its FID when it is renamed, so this is exact. Backups newer than one in which an object was first seen are looked at once more.
 */
export async function runVersions(path: PathBytes, snapshots: readonly Snapshot[], ports: VersionsPorts): Promise<Version[]> {
  const found: Version[] = []
  const fids: Fid[] = []
  const firstSeen = new Map<Fid, number>()
  for (const [index, snapshot] of snapshots.entries()) {
    const versions = await inOne(path, snapshot, fids, ports)
    for (const { fid } of versions) {
      if (fid === null || firstSeen.has(fid)) continue
      firstSeen.set(fid, index)
      fids.push(fid)
    }
    found.push(...versions)
  }
  for (const [index, snapshot] of snapshots.entries()) {
    const late = fids.filter((fid) => firstSeen.get(fid)! > index)
    if (late.length > 0) found.push(...(await inOne(null, snapshot, late, ports)))
  }
  return found.toSorted((a, b) => (b.timestamp ?? 0) - (a.timestamp ?? 0) || a.path.compare(b.path))
}

/** The path itself (null = not asked for), and one path of each of the objects that are elsewhere. */
async function inOne(path: PathBytes | null, snapshot: Snapshot, fids: readonly Fid[], ports: VersionsPorts): Promise<Version[]> {
  ports.signal.throwIfAborted()
  const open = await ports.open(snapshot)
  try {
    const there = path === null ? null : await look(path, open, ports)
    const fid = there === null ? null : await fidOf(path!, open)
    const elsewhere = await pathsOf(
      fids.filter((one) => one !== fid),
      open,
    )
    const versions = there === null ? [] : [{ ...labelOf(snapshot), path: path!, entry: there, fid }]
    for (const moved of elsewhere) {
      const entry = await look(moved.path, open, ports)
      if (entry !== null) versions.push({ ...labelOf(snapshot), ...moved, entry })
    }
    return versions
  } finally {
    await open.close()
  }
}

function labelOf({ name, timestamp }: Snapshot) {
  return { backup: name, timestamp }
}

async function look(path: PathBytes, { root }: OpenVersion, { api }: VersionsPorts): Promise<FoundEntry | null> {
  const [found] = await lookAt(api, root, [path])
  return found?.ok ? found.value : null
}

async function fidOf(path: PathBytes, { lustre, below }: OpenVersion): Promise<Fid | null> {
  const columns = await lustre?.path2fid(packPaths([joinBelow(below, path)]))
  return columns === undefined || columns.errno[0] !== 0 ? null : fidAt(columns.fids.subarray(0, FID_BYTES), 0)
}

async function pathsOf(fids: readonly Fid[], { lustre, below }: OpenVersion): Promise<{ fid: Fid; path: PathBytes }[]> {
  if (lustre === null || fids.length === 0) return []
  const { errno, linkStart, paths } = await lustre.fid2path(packFids(fids))
  return fids.flatMap((fid, index) => {
    if (errno[index] !== 0) return []
    const links = unpackPaths(paths, linkStart[index]!, linkStart[index + 1]!)
    const inBackup = links.filter((link) => isBeneath(link, below)).toSorted(Buffer.compare)
    const [first] = inBackup.map((link) => link.subarray(below.length === 0 ? 0 : below.length + 1) as PathBytes)
    return first === undefined ? [] : [{ fid, path: first }]
  })
}

function joinBelow(below: PathBytes, path: PathBytes): PathBytes {
  return path.length === 0 ? below : joinPath(below, path)
}
