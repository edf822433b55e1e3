import type { StatColumns } from '@lustrebackup/lustreapi/binding'
import { type PathList, packPaths, pickPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { typeOfMode } from '../tree/entry-type.js'
import type { EntryType } from './backupmap-types.js'
import { isNoXattr, LookupFailure } from './lookup-failure.js'
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

const ACL_NAMES = ['system.posix_acl_access', 'system.posix_acl_default'] as const

/** Attributes of each path (relative to the mount point), each of which was found there before: nothing there is a failure too. */
export async function readAttributeColumns(tree: LustreTree, paths: PathList): Promise<AttributeColumns> {
  const stats = await tree.lstat(paths)
  const acls = new Map<number, Acls>()
  const failures = new Map<number, LookupFailure>()
  const [directories, others] = [rowsWhere(stats, (type) => type === 'd'), rowsWhere(stats, (type) => type !== 'd' && type !== 'l')]
  const [hsm] = await Promise.all([
    findReleased(tree, stats, paths),
    readAcls(tree, paths, directories, ACL_NAMES, acls, failures),
    readAcls(tree, paths, others, [ACL_NAMES[0]], acls, failures),
  ])
  const released = new Set<number>()
  for (const [row, found] of hsm) {
    if (found instanceof LookupFailure) failures.set(row, found)
    else released.add(row)
  }
  stats.errno.forEach((errno, row) => {
    if (errno !== 0) failures.set(row, new LookupFailure('lstat', errno))
  })
  return { stats, acls, released, failures }
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

const NO_ACLS: Acls = [null, null]

function rowsWhere({ errno, mode }: StatColumns, isWanted: (type: EntryType) => boolean): number[] {
  const rows: number[] = []
  for (let row = 0; row < errno.length; row += 1) if (errno[row] === 0 && isWanted(typeOfMode(mode[row]!))) rows.push(row)
  return rows
}

async function readAcls(
  tree: LustreTree,
  paths: PathList,
  rows: readonly number[],
  names: readonly string[],
  acls: Map<number, Acls>,
  failures: Map<number, LookupFailure>,
): Promise<void> {
  if (rows.length === 0) return
  const { errno, values } = await tree.xattrs(rows.length === paths.ends.length ? paths : pickPaths(paths, rows), names)
  for (let pair = 0; pair < errno.length; pair += 1) {
    const row = rows[Math.floor(pair / names.length)]!
    if (errno[pair] === 0) {
      const value = Buffer.from(unpackPath(values, pair))
      const [acl, defaultAcl] = acls.get(row) ?? NO_ACLS
      acls.set(row, pair % names.length === 0 ? [value, defaultAcl] : [acl, value])
    } else if (!isNoXattr(errno[pair]!)) failures.set(row, new LookupFailure('reading ACLs', errno[pair]!))
  }
}
