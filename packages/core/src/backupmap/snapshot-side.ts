import type { FidColumns, LinkPathColumns } from '@lustrebackup/lustreapi/binding'
import { type PathList, packPaths, pathStart, pickPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import { FID_BYTES, type Fid, fidAt, ROOT_FID, ZERO_FID } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { type Area, areaStart, isTooLong } from './area.js'
import { type LinkColumns, type Located, linkAt, locatedAt, Proof, type ProvedPaths, sameBytes } from './link-columns.js'
import { isAbsent, isPathTooLong, LookupFailure } from './lookup-failure.js'
import { RecentMap } from './recent-map.js'

/** Folders whose FIDs are remembered; others are looked up again. */
const PARENTS_KEPT = 50_000
const SLASH = 0x2f

/** One mounted snapshot, asked for batches of FIDs. `newest` tells the identity that a FID has in S1. */
export class SnapshotSide {
  readonly #parents = new RecentMap<string, Fid>(PARENTS_KEPT)

  constructor(
    readonly tree: LustreTree,
    readonly area: Area,
    private readonly newest: (fid: Fid) => Fid,
  ) {}

  /** Looks up every FID (16 bytes each); a path counts only if it leads to the FID again. */
  async locate(fids: Uint8Array): Promise<Located[]> {
    const columns = await this.lookUp(fids)
    return Array.from(columns.exists, (_, item) => locatedAt(columns, item, this.area))
  }

  /** The same in columns. */
  async lookUp(fids: Uint8Array): Promise<LinkColumns> {
    const count = fids.length / FID_BYTES
    const exists = new Uint8Array(count)
    const unreachable = new Set<number>()
    const failures = new Map<number, LookupFailure>()
    if (count === 0) return { ...NO_LINKS, exists, unreachable, failures }
    const found = await this.tree.fid2path(fids)
    for (let item = 0; item < count; item += 1) {
      const errno = found.errno[item]!
      if (isPathTooLong(errno)) unreachable.add(item)
      else if (errno !== 0 && !isAbsent(errno)) failures.set(item, new LookupFailure('fid2path', errno))
      if (errno === 0 || isPathTooLong(errno)) exists[item] = 1
    }
    const { linkStart, paths } = withoutLongPaths(found, this.area, (item) => unreachable.add(item))
    const owners = ownersOf(linkStart, paths.ends.length)
    const inspected = await this.tree.inspect(paths)
    const proved = await this.#prove(paths, inspected.fids, fids, owners)
    for (const [link, failure] of proved.failures) failures.set(owners[link]!, failure)
    return { linkStart, paths, ...proved, inspected, exists, unreachable, failures }
  }

  /** Whether the paths (relative to the mount point), at which `found` is, lead to their FIDs: path i to the FID number `owners[i]`. */
  async #prove(paths: PathList, found: FidColumns, fids: Uint8Array, owners: ArrayLike<number>): Promise<ProvedPaths> {
    const count = paths.ends.length
    const proofs = new Uint8Array(count)
    const failures = new Map<number, LookupFailure>()
    for (let row = 0; row < count; row += 1) {
      const errno = found.errno[row]!
      if (errno !== 0 && !isAbsent(errno)) failures.set(row, new LookupFailure('path2fid', errno))
      if (errno !== 0 || !sameFid(found.fids, row, fids, owners[row]!)) continue
      proofs[row] = areaStart(this.area, paths.bytes, pathStart(paths, row), paths.ends[row]!) === -1 ? Proof.outside : Proof.inArea
    }
    return { proofs, parents: await this.#parentsOf(paths, proofs, failures), failures }
  }

  /** Adds those places (item of `located`, path relative to the mount point) that lead to the FID of their item. */
  async addProved(located: readonly Located[], fids: Uint8Array, places: readonly { item: number; path: PathBytes }[]): Promise<void> {
    const paths = packPaths(places.map(({ path }) => path))
    const owners = places.map(({ item }) => item)
    const { proofs, parents, failures } = await this.#prove(paths, await this.tree.path2fid(paths), fids, owners)
    places.forEach(({ item, path }, row) => {
      const one = located[item]!
      one.failure = failures.get(row) ?? one.failure
      if (proofs[row] === Proof.none) return
      one.exists = true
      one.paths.push(path)
      if (parents[row] != null) one.links.push(linkAt(path, parents[row], this.area))
    })
  }

  /** FID of the folder of each path in the area, as S1 knows it. `data_path` itself has the zero FID for a parent. */
  async #parentsOf(paths: PathList, proofs: Uint8Array, failures: Map<number, LookupFailure>): Promise<(Fid | null)[]> {
    const bytes = Buffer.from(paths.bytes.buffer, paths.bytes.byteOffset, paths.bytes.length)
    const parents: (Fid | null)[] = new Array(proofs.length).fill(null)
    const unknown = new Map<string, number[]>()
    let [lastStart, lastEnd, last]: [number, number, Fid | undefined] = [0, 0, undefined]
    for (let row = 0; row < proofs.length; row += 1) {
      if (proofs[row] !== Proof.inArea) continue
      const [start, end] = [pathStart(paths, row), paths.ends[row]!]
      const folderEnd = endOfFolder(bytes, areaStart(this.area, bytes, start, end), start, end)
      if (folderEnd === -1) {
        parents[row] = ZERO_FID
        continue
      }
      // Neighbours mostly lie in the same folder.
      if (last === undefined || !sameBytes(bytes, lastStart, lastEnd, bytes, start, folderEnd)) {
        const key = bytes.toString('latin1', start, folderEnd)
        last = this.#parents.get(key)
        if (last === undefined) addTo(unknown, key, row)
        ;[lastStart, lastEnd] = [start, folderEnd]
      }
      parents[row] = last ?? null
    }
    await this.#lookUpParents(unknown, parents, failures)
    return parents
  }

  /** `unknown`: paths of folders, as Latin-1, and the rows that need them. */
  async #lookUpParents(unknown: Map<string, number[]>, parents: (Fid | null)[], failures: Map<number, LookupFailure>): Promise<void> {
    if (unknown.size === 0) return
    const found = await this.tree.path2fid(packPaths(Array.from(unknown.keys(), (key) => Buffer.from(key, 'latin1'))))
    let folder = 0
    for (const [key, rows] of unknown) {
      const errno = found.errno[folder]!
      const fid = errno === 0 ? this.newest(fidAt(found.fids, folder)) : null
      if (fid !== null) this.#parents.set(key, fid)
      for (const row of rows) {
        parents[row] = fid
        if (fid === null) failures.set(row, new LookupFailure('path2fid of the folder', errno))
      }
      folder += 1
    }
  }
}

const NO_LINKS = { linkStart: new Uint32Array(1), paths: packPaths([]), proofs: new Uint8Array(0), parents: [], inspected: null }

/** End of the folder of a path, whose part in the area begins at `inArea`; -1 for `data_path` itself. */
function endOfFolder(bytes: Buffer, inArea: number, start: number, end: number): number {
  if (inArea === end) return -1
  let slash = end - 1
  while (slash > inArea && bytes[slash] !== SLASH) slash -= 1
  if (slash > inArea) return slash
  return Math.max(start, inArea - 1)
}

function addTo(groups: Map<string, number[]>, key: string, row: number): void {
  const rows = groups.get(key)
  if (rows === undefined) groups.set(key, [row])
  else rows.push(row)
}

/** The item of each link. */
function ownersOf(linkStart: Uint32Array, linkCount: number): Uint32Array {
  const owners = new Uint32Array(linkCount)
  for (let item = 0; item + 1 < linkStart.length; item += 1) owners.fill(item, linkStart[item]!, linkStart[item + 1]!)
  return owners
}

/** Leaves out the paths that cannot be looked up, and tells of which items they are. */
function withoutLongPaths(found: Links, area: Area, onLong: (item: number) => void): Links {
  const { linkStart, paths } = found
  const isLong = (link: number) => paths.ends[link]! - pathStart(paths, link) > area.reachBytes && isTooLong(area, unpackPath(paths, link))
  if (!paths.ends.some((_, link) => isLong(link))) return found
  const kept: number[] = []
  const starts = new Uint32Array(linkStart.length)
  for (let item = 0; item + 1 < linkStart.length; item += 1) {
    for (let link = linkStart[item]!; link < linkStart[item + 1]!; link += 1) {
      if (isLong(link)) onLong(item)
      else kept.push(link)
    }
    starts[item + 1] = kept.length
  }
  return { linkStart: starts, paths: pickPaths(paths, kept) }
}

type Links = Pick<LinkPathColumns, 'linkStart' | 'paths'>

/** FID of `path` (relative to the mount point); null when nothing is there. */
export async function fidOfPath(tree: LustreTree, path: Buffer): Promise<Fid | LookupFailure | null> {
  if (path.length === 0) return ROOT_FID
  const { errno, fids } = await tree.path2fid(packPaths([path]))
  if (errno[0] === 0) return fidAt(fids, 0)
  return isAbsent(errno[0]!) ? null : new LookupFailure('path2fid', errno[0]!)
}

export function sameFid(a: Uint8Array, rowOfA: number, b: Uint8Array, rowOfB: number): boolean {
  const [startA, startB] = [rowOfA * FID_BYTES, rowOfB * FID_BYTES]
  for (let byte = FID_BYTES - 1; byte >= 0; byte -= 1) if (a[startA + byte] !== b[startB + byte]) return false
  return true
}
