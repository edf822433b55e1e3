import type { DataEntry, MapNode } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'

/** What has to happen on the target before rsync may write an object, and what it says about the target. */
export interface Preparation {
  /** Not what the object is: removed. */
  readonly inTheWay: readonly PathBytes[]
  /** Names of the object that share an inode with names that S1 does not give it: removed, or rsync would write into both. */
  readonly shared: readonly PathBytes[]
  /** The target should have had it. */
  readonly missing: boolean
  /** Has already the time that it will have in S1: it is taken off, so that the right time proves a finished transfer. */
  readonly unmark: readonly PathBytes[]
}

/** Before content comes: `stats` are those of `path` and `links` of the entry, in this order. */
export function prepareData(entry: DataEntry, stats: readonly (EntryStat | null)[]): Preparation {
  const paths = [entry.path, ...entry.links]
  const present = paths.flatMap((path, index) => (stats[index] ? [{ path, stat: stats[index] }] : []))
  const [ours, others] = [present.filter(({ stat }) => stat.type === entry.type), present.filter(({ stat }) => stat.type !== entry.type)]
  const mostLinks = entry.created ? paths.length : entry.nlink
  const shared = entry.type === 'd' ? [] : ours.filter(({ stat }) => stat.nlink > mostLinks)
  const unmark = ours.filter(
    ({ path, stat }) => stat.type === 'f' && stat.mtimeNs === entry.mtimeNs && !shared.some((s) => s.path === path),
  )
  return {
    inTheWay: others.map(({ path }) => path),
    shared: shared.map(({ path }) => path),
    missing: !entry.created && ours.length === 0,
    unmark: unmark.map(({ path }) => path),
  }
}

/** Whether an object whose attributes are to be set is there with the content that the base has. */
export function attributesTarget(node: MapNode, stat: EntryStat | null): 'as-expected' | 'missing' | 'other-type' | 'other-content' {
  if (stat === null) return 'missing'
  if (stat.type !== node.type) return 'other-type'
  if (node.type === 'f' && stat.size !== node.size) return 'other-content'
  return 'as-expected'
}

const SECOND_NS = 1_000_000_000n

/** A time that differs by whole seconds, which every file system keeps, and is not before 1970. */
export function otherTime(mtimeNs: bigint): bigint {
  return mtimeNs >= SECOND_NS ? mtimeNs - SECOND_NS : mtimeNs + SECOND_NS
}
