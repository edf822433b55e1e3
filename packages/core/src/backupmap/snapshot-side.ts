import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { Link } from '../namespace/object-plan.js'
import { FID_BYTES, type Fid, fidAt, ROOT_FID, ZERO_FID } from '../types/fid.js'
import { basenameOf, dirnameOf, type PathBytes } from '../types/path-bytes.js'
import { type Area, isTooLong, pathInArea, pathOutOfArea } from './area.js'
import { isAbsent, isPathTooLong, LookupFailure } from './lookup-failure.js'

/** What a snapshot says of one inode. */
export interface Located {
  /** Set when a lookup failed: nothing else may be believed. */
  failure: LookupFailure | null
  /** The inode has a path, in the backed-up area or outside. */
  exists: boolean
  /** A path of it is too long to be looked up. That path is treated as one outside the backed-up area. */
  unreachable: boolean
  /** Proved links in the backed-up area. */
  links: Link[]
  /** Every proved link, in the area or not, relative to the mount point. */
  paths: PathBytes[]
}

/** Folders whose FIDs are remembered; more than that are looked up again. */
const PARENTS_KEPT = 100_000

/** One mounted snapshot, asked for batches of FIDs. `newest` tells the identity that a FID has in S1. */
export class SnapshotSide {
  readonly #parents = new Map<string, Fid>()

  constructor(
    readonly tree: LustreTree,
    readonly area: Area,
    private readonly newest: (fid: Fid) => Fid,
  ) {}

  /** Looks up every FID (16 bytes each); a path counts only if it leads to the FID again. */
  async locate(fids: Uint8Array): Promise<Located[]> {
    const count = fids.length / FID_BYTES
    const located = Array.from(
      { length: count },
      (): Located => ({ failure: null, exists: false, unreachable: false, links: [], paths: [] }),
    )
    if (count === 0) return located
    const columns = await this.tree.fid2path(fids)
    const places: { item: number; path: PathBytes }[] = []
    located.forEach((one, item) => {
      const errno = columns.errno[item]!
      one.unreachable = isPathTooLong(errno)
      if (errno !== 0 && !isAbsent(errno) && !one.unreachable) one.failure = new LookupFailure('fid2path', errno)
      if (errno !== 0 && !one.unreachable) return
      one.exists = true
      for (let link = columns.linkStart[item]!; link < columns.linkStart[item + 1]!; link += 1) {
        const path = Buffer.from(unpackPath(columns.paths, link)) as PathBytes
        if (isTooLong(this.area, path)) one.unreachable = true
        else places.push({ item, path })
      }
    })
    await this.addProved(located, fids, places)
    return located
  }

  /** Adds those places (item of `located`, path relative to the mount point) that lead to the FID of their item. */
  async addProved(located: Located[], fids: Uint8Array, places: readonly { item: number; path: PathBytes }[]): Promise<void> {
    if (places.length === 0) return
    const found = await this.tree.path2fid(packPaths(places.map(({ path }) => path)))
    const proved = places.filter(({ item }, row) => {
      const errno = found.errno[row]!
      if (errno !== 0 && !isAbsent(errno)) located[item]!.failure = new LookupFailure('path2fid', errno)
      return errno === 0 && sameFid(found.fids, row, fids, item)
    })
    const inArea = proved.flatMap(({ item, path }) => {
      located[item]!.exists = true
      located[item]!.paths.push(path)
      const relative = pathInArea(this.area, path)
      return relative === null ? [] : [{ item, path: relative }]
    })
    const parents = await this.#parentsOf(inArea.map(({ path }) => path))
    inArea.forEach(({ item, path }, row) => {
      const parent = parents[row]!
      if (parent instanceof LookupFailure) located[item]!.failure = parent
      else located[item]!.links.push({ parent, name: basenameOf(path), path })
    })
  }

  /** FID of the folder of each path (relative to `data_path`), as S1 knows it. `data_path` itself has the zero FID for a parent. */
  async #parentsOf(paths: readonly PathBytes[]): Promise<(Fid | LookupFailure)[]> {
    const failures = new Map<string, LookupFailure>()
    const missing = new Map<string, PathBytes>()
    if (this.#parents.size > PARENTS_KEPT) this.#parents.clear()
    for (const path of paths) {
      const folder = dirnameOf(path)
      const key = folder.toString('latin1')
      if (path.length > 0 && !this.#parents.has(key)) missing.set(key, folder)
    }
    const folders = [...missing]
    if (folders.length > 0) {
      const found = await this.tree.path2fid(packPaths(folders.map(([, folder]) => pathOutOfArea(this.area, folder))))
      folders.forEach(([key], row) => {
        const errno = found.errno[row]!
        if (errno === 0) this.#parents.set(key, this.newest(fidAt(found.fids, row)))
        else failures.set(key, new LookupFailure('path2fid of the folder', errno))
      })
    }
    return paths.map((path) => {
      if (path.length === 0) return ZERO_FID
      const key = dirnameOf(path).toString('latin1')
      return this.#parents.get(key) ?? failures.get(key)!
    })
  }
}

/** FID of `path` (relative to the mount point); null when nothing is there. */
export async function fidOfPath(tree: LustreTree, path: Buffer): Promise<Fid | LookupFailure | null> {
  if (path.length === 0) return ROOT_FID
  const { errno, fids } = await tree.path2fid(packPaths([path]))
  if (errno[0] === 0) return fidAt(fids, 0)
  return isAbsent(errno[0]!) ? null : new LookupFailure('path2fid', errno[0]!)
}

export function sameFid(a: Uint8Array, rowOfA: number, b: Uint8Array, rowOfB: number): boolean {
  const [startA, startB] = [rowOfA * FID_BYTES, rowOfB * FID_BYTES]
  for (let byte = 0; byte < FID_BYTES; byte += 1) if (a[startA + byte] !== b[startB + byte]) return false
  return true
}
