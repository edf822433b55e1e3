import type { StatColumns, XattrColumns } from '@lustrebackup/lustreapi/binding'
import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { ObjectState } from '../namespace/object-plan.js'
import { typeOfMode } from '../tree/entry-type.js'
import { isNoXattr, LookupFailure } from './lookup-failure.js'
import { findReleased } from './released.js'

export type Attributes = ObjectState['attributes']

export interface EntryFacts {
  readonly attributes: Attributes
  readonly ctimeNs: bigint
}

const ACL_NAMES = ['system.posix_acl_access', 'system.posix_acl_default'] as const

/** Attributes of each path (relative to the mount point), each of which was found there before: nothing there is a failure too. */
export async function readAttributes(tree: LustreTree, paths: readonly Buffer[]): Promise<(EntryFacts | LookupFailure)[]> {
  if (paths.length === 0) return []
  const stats = await tree.lstat(packPaths(paths))
  const directories = rowsWhere(stats, paths, (type) => type === 'd')
  const others = rowsWhere(stats, paths, (type) => type !== 'd' && type !== 'l')
  const [ofDirectories, ofOthers, released] = await Promise.all([
    readXattrs(tree, paths, directories, ACL_NAMES),
    readXattrs(tree, paths, others, [ACL_NAMES[0]]),
    findReleased(tree, stats, paths),
  ])
  return paths.map((_, row) => {
    if (stats.errno[row] !== 0) return new LookupFailure('lstat', stats.errno[row]!)
    const acls = ofDirectories.get(row) ?? ofOthers.get(row) ?? []
    if (acls instanceof LookupFailure) return acls
    const isReleased = released.get(row) ?? false
    if (isReleased instanceof LookupFailure) return isReleased
    return { attributes: { ...attributesOf(stats, row, acls), released: isReleased }, ctimeNs: stats.ctimeNs[row]! }
  })
}

function attributesOf(
  stats: StatColumns,
  row: number,
  [acl = null, defaultAcl = null]: readonly (Buffer | null)[],
): Omit<Attributes, 'released'> {
  const type = typeOfMode(stats.mode[row]!)
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
  }
}

function rowsWhere(stats: StatColumns, paths: readonly Buffer[], isWanted: (type: Attributes['type']) => boolean): number[] {
  return paths.flatMap((_, row) => (stats.errno[row] === 0 && isWanted(typeOfMode(stats.mode[row]!)) ? [row] : []))
}

async function readXattrs(
  tree: LustreTree,
  paths: readonly Buffer[],
  rows: readonly number[],
  names: readonly string[],
): Promise<Map<number, (Buffer | null)[] | LookupFailure>> {
  if (rows.length === 0) return new Map()
  const columns = await tree.xattrs(packPaths(rows.map((row) => paths[row]!)), names)
  return new Map(rows.map((row, item) => [row, valuesOf(columns, item, names.length)]))
}

function valuesOf({ errno, values }: XattrColumns, item: number, nameCount: number): (Buffer | null)[] | LookupFailure {
  const found: (Buffer | null)[] = []
  for (let pair = item * nameCount; pair < (item + 1) * nameCount; pair += 1) {
    if (errno[pair] === 0) found.push(Buffer.from(unpackPath(values, pair)))
    else if (isNoXattr(errno[pair]!)) found.push(null)
    else return new LookupFailure('reading ACLs', errno[pair]!)
  }
  return found
}
