import type { HardlinkEntry, MapNode } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/** What the target's content may be compared with. */
export interface MirrorBase {
  /** The target is the base of the map, whole: what the base has at a path, the target has there too. */
  readonly isBase: boolean
  /** The target is a finished backup, whole. */
  readonly hasBackup: boolean
  /** What that backup could not bring to its state. */
  readonly owed: ReadonlySet<Fid>
}

/**
 * Whether a file on the target has the content of S1 as far as can be known without reading it.
 * Where the target is the base, the data version decided on the source, for the object that the base has at this very path (`same`).
 * A time that differs means that somebody wrote to one of them.
 */
export function sameContent(node: MapNode, same: boolean, stat: EntryStat, base: MirrorBase): boolean {
  if (node.type !== 'f') return true
  if (stat.size !== node.size || stat.mtimeNs !== node.mtimeNs || base.owed.has(node.fid)) return false
  return base.isBase ? same : base.hasBackup
}

/** What to do for one entry of a directory. Objects with several links are decided about by themselves, all links together. */
export type EntryDecision =
  /** Something of another type, or with names that S1 does not give it, goes first. */
  | { readonly clear: boolean; readonly next: 'make-directory' | 'transfer' | 'attributes' }
  | { readonly clear: boolean; readonly next: 'decide-with-links' }

export function decideEntry(node: MapNode, same: boolean, stat: EntryStat | null, base: MirrorBase): EntryDecision {
  const otherType = stat !== null && stat.type !== node.type
  const there = stat === null || otherType ? null : stat
  if (node.type === 'd') return { clear: otherType, next: there ? 'attributes' : 'make-directory' }
  if (node.nlink > 1) return { clear: otherType, next: 'decide-with-links' }
  if (there === null) return { clear: otherType, next: 'transfer' }
  if (there.nlink > 1) return { clear: true, next: 'transfer' }
  if (!hasSameDevice(node, there)) return { clear: true, next: 'transfer' }
  return { clear: false, next: sameContent(node, same, there, base) ? 'attributes' : 'transfer' }
}

/** What to do for an object with several links, all of which are at hand. */
export interface LinksDecision {
  /** Paths that are another inode or have names too many. */
  readonly clear: readonly PathBytes[]
  /** Paths to link to the first one that is right. */
  readonly link: readonly PathBytes[]
  /** Where the object is; null when it has to be transferred, to all its paths. */
  readonly anchor: PathBytes | null
}

export function decideLinks(entry: HardlinkEntry, stats: readonly (EntryStat | null)[], base: MirrorBase): LinksDecision {
  const names = decideNames(entry, stats)
  if (names.anchor === null) return { ...names, anchor: null }
  // What is said of the base is said of the first path.
  const same = entry.same && names.anchor.path === entry.path
  if (!sameContent(entry, same, names.anchor.stat, base)) return { clear: names.clear, link: [], anchor: null }
  return { ...names, anchor: names.anchor.path }
}

export interface NamesDecision extends Omit<LinksDecision, 'anchor'> {
  readonly anchor: { readonly path: PathBytes; readonly stat: EntryStat } | null
}

/** The same without a look at the content. */
export function decideNames(entry: HardlinkEntry, stats: readonly (EntryStat | null)[]): NamesDecision {
  const paths = [entry.path, ...entry.links]
  const found = paths.flatMap((path, index) => (stats[index] ? [{ path, stat: stats[index] }] : []))
  const anchor = found.find(({ stat }) => stat.type === entry.type)
  const ours = found.filter(({ stat }) => anchor && stat.ino === anchor.stat.ino && stat.dev === anchor.stat.dev)
  const others = found.filter((item) => !ours.includes(item)).map(({ path }) => path)
  // A name that is not ours shares the inode: writing into it, or giving it attributes, would change something else.
  const shared = anchor !== undefined && entry.complete && anchor.stat.nlink > ours.length
  if (!anchor || shared || !hasSameDevice(entry, anchor.stat)) return { clear: found.map(({ path }) => path), link: [], anchor: null }
  const right = new Set(ours.map(({ path }) => path))
  return { clear: others, link: paths.filter((path) => !right.has(path)), anchor }
}

/** What no transfer changes: the number of a device. The target of a symlink is compared by rsync. */
export function hasSameDevice(node: MapNode, stat: EntryStat): boolean {
  return node.rdev === null || (stat.rdev !== null && node.rdev[0] === stat.rdev[0] && node.rdev[1] === stat.rdev[1])
}
