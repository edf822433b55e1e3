import { HSM_RELEASED, type StatColumns } from '@lustrebackup/lustreapi/binding'
import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import type { LustreTree } from '../lustre/lustre-port.js'
import { typeOfMode } from '../tree/entry-type.js'
import { LookupFailure } from './lookup-failure.js'
import { archiveVersionOf, HSM_XATTR } from './parse-hsm-xattr.js'

/** A released file shows next to no blocks: one with more on its disks is not asked about. */
const BLOCK_BYTES = 512n
const MOST_BYTES_OF_RELEASED = 4096n
const ENOTTY = 25
const EOPNOTSUPP = 95

/** A file of a snapshot, relative to the mount point. */
export interface FilePath {
  readonly path: Buffer
  readonly released: boolean
}

/** Which rows of `paths`, of which `stats` speak, are released files. Most files have blocks enough to need no question. */
export async function findReleased(
  tree: LustreTree,
  stats: StatColumns,
  paths: readonly Buffer[],
): Promise<ReadonlyMap<number, true | LookupFailure>> {
  const rows = paths.flatMap((_, row) => (mayBeReleased(stats, row) ? [row] : []))
  const found = new Map<number, true | LookupFailure>()
  if (rows.length === 0) return found
  const { errno, states } = await tree.hsmStates(packPaths(rows.map((row) => paths[row]!)))
  rows.forEach((row, item) => {
    if (errno[item] === 0 && states[item]! & HSM_RELEASED) found.set(row, true)
    if (errno[item] !== 0 && !isNoHsm(errno[item]!)) found.set(row, new LookupFailure('reading the HSM state', errno[item]!))
  })
  return found
}

function mayBeReleased(stats: StatColumns, row: number): boolean {
  const isFile = stats.errno[row] === 0 && typeOfMode(stats.mode[row]!) === 'f'
  return isFile && stats.size[row]! > 0n && stats.blocks[row]! * BLOCK_BYTES < MOST_BYTES_OF_RELEASED
}

/** Servers without HSM have no released files. */
function isNoHsm(errno: number): boolean {
  return errno === ENOTTY || errno === EOPNOTSUPP
}

/**
 * Data version of each file; null where it cannot be known, which counts as another one. A released file has no objects that could have one, so
 * that all of them would look alike: the one that was archived, which a file must still have when it is released, takes its place.
 */
export async function readVersions(tree: LustreTree, files: readonly FilePath[]): Promise<(bigint | null)[]> {
  const versions: (bigint | null)[] = files.map(() => null)
  const [released, others] = [rowsOf(files, true), rowsOf(files, false)]
  const pathsOf = (rows: readonly number[]) => packPaths(rows.map((row) => files[row]!.path))
  const [archived, current] = await Promise.all([
    released.length === 0 ? null : tree.xattrs(pathsOf(released), [HSM_XATTR]),
    others.length === 0 ? null : tree.dataVersions(pathsOf(others)),
  ])
  released.forEach((row, item) => {
    if (archived!.errno[item] === 0) versions[row] = archiveVersionOf(Buffer.from(unpackPath(archived!.values, item)))
  })
  others.forEach((row, item) => {
    if (current!.errno[item] === 0) versions[row] = current!.versions[item]!
  })
  return versions
}

function rowsOf(files: readonly FilePath[], released: boolean): number[] {
  return files.flatMap((file, row) => (file.released === released ? [row] : []))
}
