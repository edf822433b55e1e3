import { HSM_RELEASED, type StatColumns } from '@lustrebackup/lustreapi/binding'
import { type PathList, pickPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import { typeOfMode } from '../tree/entry-type.js'
import { LookupFailure } from './lookup-failure.js'
import { archiveVersionOf, HSM_XATTR } from './parse-hsm-xattr.js'

/** A released file shows next to no blocks: one with more on its disks is not asked about. */
const BLOCKS_OF_FILE_WITH_DATA = 8n
const ENOTTY = 25
const EOPNOTSUPP = 95

/** Which of the rows `wanted` (null = all) of `paths`, of which `stats` speak, are released files. Most files have blocks enough to need no question. */
export async function findReleased(
  tree: LustreTree,
  stats: StatColumns,
  paths: PathList,
  wanted: readonly number[] | null = null,
): Promise<ReadonlyMap<number, true | LookupFailure>> {
  const rows: number[] = []
  const consider = (row: number) => void (mayBeReleased(stats, row) && rows.push(row))
  if (wanted === null) for (let row = 0; row < stats.errno.length; row += 1) consider(row)
  else wanted.forEach(consider)
  const found = new Map<number, true | LookupFailure>()
  if (rows.length === 0) return found
  const { errno, states } = await tree.hsmStates(pickPaths(paths, rows))
  rows.forEach((row, item) => {
    if (errno[item] === 0 && states[item]! & HSM_RELEASED) found.set(row, true)
    if (errno[item] !== 0 && !isNoHsm(errno[item]!)) found.set(row, new LookupFailure('reading the HSM state', errno[item]!))
  })
  return found
}

function mayBeReleased(stats: StatColumns, row: number): boolean {
  if (stats.errno[row] !== 0 || stats.blocks[row]! >= BLOCKS_OF_FILE_WITH_DATA) return false
  return typeOfMode(stats.mode[row]!) === 'f' && stats.size[row]! > 0n
}

/** Servers without HSM have no released files. */
function isNoHsm(errno: number): boolean {
  return errno === ENOTTY || errno === EOPNOTSUPP
}

/**
 * Data version of each file; null where it cannot be known, which counts as another one. A released file has no objects that could have one, so
 * that all of them would look alike: the one that was archived, which a file must still have when it is released, takes its place.
 */
export async function readVersions(tree: LustreTree, paths: PathList, isReleased: (row: number) => boolean): Promise<(bigint | null)[]> {
  const released: number[] = []
  const others: number[] = []
  for (let row = 0; row < paths.ends.length; row += 1) (isReleased(row) ? released : others).push(row)
  const versions: (bigint | null)[] = new Array(paths.ends.length).fill(null)
  const [archived, current] = await Promise.all([
    released.length === 0 ? null : tree.xattrs(pickPaths(paths, released), [HSM_XATTR]),
    others.length === 0 ? null : tree.dataVersions(released.length === 0 ? paths : pickPaths(paths, others)),
  ])
  released.forEach((row, item) => {
    if (archived!.errno[item] === 0) versions[row] = archiveVersionOf(Buffer.from(unpackPath(archived!.values, item)))
  })
  others.forEach((row, item) => {
    if (current!.errno[item] === 0) versions[row] = current!.versions[item]!
  })
  return versions
}
