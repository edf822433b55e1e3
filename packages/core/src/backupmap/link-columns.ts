import type { InspectColumns } from '@lustrebackup/lustreapi/binding'
import { type PathList, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { Link } from '../namespace/object-plan.js'
import type { Fid } from '../types/fid.js'
import { basenameOf, type PathBytes } from '../types/path-bytes.js'
import { type Area, pathInArea } from './area.js'
import type { LookupFailure } from './lookup-failure.js'

/** What looking up the path of a link has proved. */
export const Proof = {
  /** It leads to nothing, or to another inode. */
  none: 0,
  /** It leads to the inode, outside the backed-up area. */
  outside: 1,
  inArea: 2,
} as const

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

/** The same of many inodes, without an object for each of them. */
export interface LinkColumns {
  /** Links of item i: `linkStart[i]` up to `linkStart[i + 1]`. */
  readonly linkStart: Uint32Array
  /** Of each link: its path relative to the mount point, its `Proof`, and the FID of its folder where it is in the area. */
  readonly paths: PathList
  readonly proofs: Uint8Array
  readonly parents: readonly (Fid | null)[]
  /** What looking the paths up has told besides; null = to be asked again. */
  readonly inspected: InspectColumns | null
  /** Of each item: 1 when the inode has a path. */
  readonly exists: Uint8Array
  /** By item. */
  readonly unreachable: ReadonlySet<number>
  readonly failures: ReadonlyMap<number, LookupFailure>
}

/** The paths of a snapshot that were looked up. */
export interface ProvedPaths {
  readonly proofs: Uint8Array
  readonly parents: readonly (Fid | null)[]
  /** By the number of the path. */
  readonly failures: ReadonlyMap<number, LookupFailure>
}

export function locatedAt(columns: LinkColumns, item: number, area: Area): Located {
  const links: Link[] = []
  const paths: PathBytes[] = []
  for (let link = columns.linkStart[item]!; link < columns.linkStart[item + 1]!; link += 1) {
    if (columns.proofs[link] === Proof.none) continue
    const path = Buffer.from(unpackPath(columns.paths, link)) as PathBytes
    paths.push(path)
    // A link whose folder could not be looked up has none: the inode has a failure then.
    const parent = columns.parents[link] ?? null
    if (columns.proofs[link] === Proof.inArea && parent !== null) links.push(linkAt(path, parent, area))
  }
  return {
    failure: columns.failures.get(item) ?? null,
    exists: columns.exists[item] === 1,
    unreachable: columns.unreachable.has(item),
    links,
    paths,
  }
}

/** `path` relative to the mount point, in the area. */
export function linkAt(path: PathBytes, parent: Fid, area: Area): Link {
  const relative = pathInArea(area, path)!
  return { parent, name: basenameOf(relative), path: relative }
}

/** The first link of an item in the area; -1 where there is none. */
export function firstInArea({ linkStart, proofs }: LinkColumns, item: number): number {
  for (let link = linkStart[item]!; link < linkStart[item + 1]!; link += 1) if (proofs[link] === Proof.inArea) return link
  return -1
}

export function sameBytes(a: Uint8Array, startA: number, endA: number, b: Uint8Array, startB: number, endB: number): boolean {
  if (endA - startA !== endB - startB) return false
  // From the end: paths of neighbours begin in the same way.
  for (let back = 1; back <= endA - startA; back += 1) if (a[endA - back] !== b[endB - back]) return false
  return true
}
