import type { AclColumns, InspectColumns, StatColumns } from '@lustrebackup/lustreapi/binding'
import { type PathList, packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { typeOfMode } from '../tree/entry-type.js'
import { LookupFailure } from './lookup-failure.js'
import { findReleased } from './released.js'

export type Attributes = ObjectState['attributes']

export interface EntryFacts {
  readonly attributes: Attributes
  readonly ctimeNs: bigint
}

/** Access ACL and default ACL; null = none. */
export type Acls = readonly [Buffer | null, Buffer | null]

/** Attributes of many entries: row i is that of path i. */
export interface AttributeColumns {
  readonly stats: StatColumns
  /** Of the rows that have any. */
  readonly acls: ReadonlyMap<number, Acls>
  readonly released: ReadonlySet<number>
  /** Rows of which nothing may be believed. */
  readonly failures: ReadonlyMap<number, LookupFailure>
}

/** Attributes of each path (relative to the mount point), each of which was found there before: nothing there is a failure too. */
export async function readAttributeColumns(tree: LustreTree, paths: PathList): Promise<AttributeColumns> {
  return attributeColumnsOf(tree, paths, await tree.inspect(paths))
}

/** Attributes of the rows `wanted` of what was looked up at `paths`; null = of all. */
export async function attributeColumnsOf(
  tree: LustreTree,
  paths: PathList,
  { fids, stats, acls }: InspectColumns,
  wanted: readonly number[] | null = null,
): Promise<AttributeColumns> {
  const failures = new Map<number, LookupFailure>()
  const released = new Set<number>()
  for (const [row, found] of await findReleased(tree, stats, paths, wanted)) {
    if (found instanceof LookupFailure) failures.set(row, found)
    else released.add(row)
  }
  const ofRows = aclsOfRows(acls, failures)
  stats.errno.forEach((errno, row) => {
    if (errno !== 0) failures.set(row, new LookupFailure('lstat', errno))
  })
  fids.errno.forEach((errno, row) => {
    if (errno !== 0) failures.set(row, new LookupFailure('path2fid', errno))
  })
  return { stats, acls: ofRows, released, failures }
}

/** The same, an object for each. */
export async function readAttributes(tree: LustreTree, paths: readonly Buffer[]): Promise<(EntryFacts | LookupFailure)[]> {
  if (paths.length === 0) return []
  const columns = await readAttributeColumns(tree, packPaths(paths))
  return paths.map(
    (_, row) => columns.failures.get(row) ?? { attributes: attributesAt(columns, row), ctimeNs: columns.stats.ctimeNs[row]! },
  )
}

export function attributesAt({ stats, acls, released }: AttributeColumns, row: number): Attributes {
  const type = typeOfMode(stats.mode[row]!)
  const [acl, defaultAcl] = acls.get(row) ?? NO_ACLS
  return {
    type,
    mode: stats.mode[row]! & 0o7777,
    uid: stats.uid[row]!,
    gid: stats.gid[row]!,
    size: type === 'f' ? stats.size[row]! : 0n,
    mtimeNs: stats.mtimeNs[row]!,
    nlink: stats.nlink[row]!,
    rdev: type === 'c' || type === 'b' ? [stats.rdevMajor[row]!, stats.rdevMinor[row]!] : null,
    acl,
    defaultAcl,
    released: released.has(row),
  }
}

export const NO_ACLS: Acls = [null, null]

function aclsOfRows({ start, errno, isDefault, values }: AclColumns, failures: Map<number, LookupFailure>): ReadonlyMap<number, Acls> {
  const ofRows = new Map<number, Acls>()
  if (errno.length === 0) return ofRows
  for (let row = 0; row + 1 < start.length; row += 1) {
    for (let at = start[row]!; at < start[row + 1]!; at += 1) {
      if (errno[at] !== 0) {
        failures.set(row, new LookupFailure('reading ACLs', errno[at]!))
        continue
      }
      const value = Buffer.from(unpackPath(values, at))
      const [acl, defaultAcl] = ofRows.get(row) ?? NO_ACLS
      ofRows.set(row, isDefault[at] === 0 ? [value, defaultAcl] : [acl, value])
    }
  }
  return ofRows
}
