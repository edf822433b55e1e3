import { type PathList, packPaths, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import type { Lustre, LustreTree } from '../../lustre/lustre-port.js'
import { type Fid, fidAt, packFids, ZERO_FID } from '../../types/fid.js'

const ENOENT = 2

export interface MemoryInode {
  readonly fid: Fid
  /** Paths relative to the mount point. */
  readonly paths: readonly string[]
  readonly type?: 'f' | 'd'
  readonly size?: bigint
  readonly version?: bigint
  /** More links than have a path here. */
  readonly nlink?: number
  /** What these calls fail with. */
  readonly lstatErrno?: number
  readonly path2fidErrno?: number
}

/** Snapshots that lie in memory, by mount point, and everything that they were asked, one line an item: `s1 fid2path [0x…]`. */
export function memoryLustre(snapshots: Readonly<Record<string, readonly MemoryInode[]>>): { lustre: Lustre; asked: string[] } {
  const asked: string[] = []
  const lustre = { openTree: (mountPoint: string) => memoryTree(mountPoint, snapshots[mountPoint]!, asked) } as unknown as Lustre
  return { lustre, asked }
}

function memoryTree(mountPoint: string, inodes: readonly MemoryInode[], asked: string[]): LustreTree {
  const byFid = new Map(inodes.map((inode) => [inode.fid, inode]))
  const byPath = new Map(inodes.flatMap((inode) => inode.paths.map((path) => [path, inode] as const)))
  const look = (call: string, paths: PathList) =>
    unpackPaths(paths).map((path) => {
      asked.push(`${mountPoint} ${call} ${path}`)
      return byPath.get(path.toString()) ?? null
    })
  const errnos = (found: readonly (MemoryInode | null)[]) => Int32Array.from(found, (inode) => (inode === null ? ENOENT : 0))
  return {
    mountPoint,
    fid2path: async (fids: Uint8Array) => {
      const found = Array.from({ length: fids.length / 16 }, (_, item) => {
        asked.push(`${mountPoint} fid2path ${fidAt(fids, item)}`)
        return byFid.get(fidAt(fids, item)) ?? null
      })
      const linkStart = new Uint32Array(found.length + 1)
      found.forEach((inode, item) => {
        linkStart[item + 1] = linkStart[item]! + (inode?.paths.length ?? 0)
      })
      const paths = found.flatMap((inode) => inode?.paths ?? []).map((path) => Buffer.from(path))
      return { errno: errnos(found), linkStart, paths: packPaths(paths) }
    },
    path2fid: async (paths: PathList) => fidsOf(look('path2fid', paths)),
    inspect: async (paths: PathList) => {
      const found = look('inspect', paths)
      return { fids: fidsOf(found), stats: statsOf(found), acls: noAcls(found.length) }
    },
    dataVersions: async (paths: PathList) => {
      const found = look('dataVersion', paths)
      return { errno: errnos(found), versions: BigUint64Array.from(found, (inode) => inode?.version ?? 0n) }
    },
    close: () => undefined,
  } as unknown as LustreTree
}

function fidsOf(found: readonly (MemoryInode | null)[]) {
  const errno = Int32Array.from(found, (inode) => (inode === null ? ENOENT : (inode.path2fidErrno ?? 0)))
  return { errno, fids: packFids(found.map((inode) => inode?.fid ?? ZERO_FID)) }
}

function noAcls(count: number) {
  return { start: new Uint32Array(count + 1), errno: new Int32Array(0), isDefault: new Uint8Array(0), values: packPaths([]) }
}

function statsOf(found: readonly (MemoryInode | null)[]) {
  const zeros = new Uint32Array(found.length)
  const times = new BigInt64Array(found.length)
  return {
    errno: Int32Array.from(found, (inode) => (inode === null ? ENOENT : (inode.lstatErrno ?? 0))),
    mode: Uint32Array.from(found, modeOf),
    nlink: Uint32Array.from(found, (inode) => inode?.nlink ?? inode?.paths.length ?? 0),
    size: BigInt64Array.from(found, (inode) => inode?.size ?? 0n),
    blocks: new BigInt64Array(found.length).fill(8n),
    uid: zeros,
    gid: zeros,
    rdevMajor: zeros,
    rdevMinor: zeros,
    mtimeNs: times,
    ctimeNs: times,
    atimeNs: times,
  }
}

/** 0 where the call failed, as the addon gives it. */
function modeOf(inode: MemoryInode | null): number {
  if (inode === null || inode.lstatErrno !== undefined) return 0
  return inode.type === 'd' ? 0o40755 : 0o100644
}
