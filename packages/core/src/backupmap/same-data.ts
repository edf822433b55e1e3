import { packPaths } from '@lustrebackup/lustreapi/path-list'
import { FID_WORDS } from '../changelog/touched-types.js'
import { packFids } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { pathOutOfArea } from './area.js'
import type { MapNode } from './backupmap-types.js'
import { bytesOf } from './identities.js'
import type { Sides } from './locate-batch.js'
import { LookupFailure } from './lookup-failure.js'
import { findReleased, readVersions } from './released.js'
import { sameFid } from './snapshot-side.js'

/** The files among `nodes` of S1 whose data S0 has at the same path: the same inode with equal size and data version. Nothing that could not be proved. */
export async function findSame({ s0, s1, identities }: Sides, nodes: readonly MapNode[]): Promise<Set<MapNode>> {
  const files = nodes.filter((node) => node.type === 'f')
  if (s0 === null || files.length === 0) return new Set()
  const words = new Uint32Array(files.length * FID_WORDS)
  words.set(new Uint32Array(Uint8Array.from(packFids(files.map(({ fid }) => fid))).buffer))
  const fids = bytesOf(identities.inBase(words))
  const before = await pathsInBase(s0, files, fids)
  const pairs = files.flatMap((node, row) => (before[row] === null ? [] : [{ node, path: before[row]! }]))
  if (pairs.length === 0) return new Set()
  const oldPaths = packPaths(pairs.map(({ path }) => path))
  const newPaths = packPaths(pairs.map(({ node }) => pathOutOfArea(s1.area, node.path)))
  const sizes = await s0.tree.lstat(oldPaths)
  const released = await findReleased(s0.tree, sizes, oldPaths)
  const [oldVersions, newVersions] = await Promise.all([
    readVersions(s0.tree, oldPaths, (row) => released.get(row) === true),
    readVersions(s1.tree, newPaths, (row) => pairs[row]!.node.released),
  ])
  const isSame = ({ node }: { node: MapNode }, row: number) =>
    sizes.errno[row] === 0 &&
    sizes.size[row] === node.size &&
    !(released.get(row) instanceof LookupFailure) &&
    oldVersions[row] !== null &&
    oldVersions[row] === newVersions[row]
  return new Set(pairs.filter(isSame).map(({ node }) => node))
}

/**
 * The path of each file in S0, relative to the mount point; null where S0 has another object there, or none.
 * The target compares by path: of a file that moved it holds the data of whatever was at its new path before.
 */
async function pathsInBase(s0: NonNullable<Sides['s0']>, files: readonly MapNode[], fids: Uint8Array): Promise<(PathBytes | null)[]> {
  const paths = files.map(({ path }) => pathOutOfArea(s0.area, path))
  const found = await s0.tree.path2fid(packPaths(paths))
  return paths.map((path, row) => (found.errno[row] === 0 && sameFid(found.fids, row, fids, row) ? path : null))
}
