import type { PartFile } from '../parts/part-file-types.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/** Version of the format on disk; docs/formats/backupmap.md describes it. */
export const BACKUPMAP_FORMAT = 'lustrebackup-backupmap'
export const BACKUPMAP_VERSION = 1

/** file, directory, symlink, fifo (pipe), socket, character device, block device */
export type EntryType = 'f' | 'd' | 'l' | 'p' | 's' | 'c' | 'b'

/** An object and its attributes as S1 has them, seen at one of its paths (relative to `data_path`). */
export interface MapNode {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of a file; 0 for everything else. */
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly nlink: number
  /** Of devices: major and minor number. */
  readonly rdev: readonly [number, number] | null
  /** Raw value of `system.posix_acl_access`; null = none. */
  readonly acl: Buffer | null
  /** Raw value of `system.posix_acl_default`; null = none. */
  readonly defaultAcl: Buffer | null
  /** A file whose data are in the HSM archive only: whoever opens it for them waits until they are back, or for ever. */
  readonly released: boolean
}

/** *out*: an entry that S1 does not have. `path` is the one in S0. */
export interface RemoveEntry {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  /** A directory that left the backed-up area: everything that is still below goes with it. */
  readonly tree: boolean
}

/** *out*: an object that changes its place, at the S0 path from which it is staged, or where it stays. `to` is where `place` will put it. */
export interface MoveEntry {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  readonly to: PathBytes
}

/** *in*: a directory at its S1 path. */
export interface MkdirEntry extends MapNode {
  /** Not in S0. Otherwise it is owed: the target may have it, and what it has there stays. */
  readonly created: boolean
}

/** *in*: a moved object at its S1 path. `from` is the S0 path of its `move`. */
export interface PlaceEntry {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  readonly from: PathBytes
}

/** *in*, last: one more name `path` for the object that S1 also has at `to`. */
export interface LinkEntry {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  readonly to: PathBytes
}

/** An object whose content comes from the source. */
export interface DataEntry extends MapNode {
  /** Not in S0. Otherwise it is on the target with other content. */
  readonly created: boolean
  /** Further paths of a created object: transferred together with it. */
  readonly links: readonly PathBytes[]
}

/** One line of a comparison: a directory, then its entries, then its end. Whole directories only. */
export type CompareEntry =
  | { readonly kind: 'directory'; readonly fid: Fid; readonly path: PathBytes }
  | {
      readonly kind: 'entry'
      readonly node: MapNode
      /** The base has this object at this very path with the same data, proved by the data version. A path may hold another object's data. */
      readonly same: boolean
    }
  | { readonly kind: 'end'; readonly path: PathBytes; readonly entryCount: number }

/** All paths of an object with several links: `path` of the node and `links`. What the comparison says of its content is said here, of `path`. */
export interface HardlinkEntry extends MapNode {
  readonly links: readonly PathBytes[]
  readonly same: boolean
  /** All paths in the backed-up area are here. Otherwise the object has more links than Lustre could name. */
  readonly complete: boolean
}

/** Source only: to be looked at in the next interval even without a record. */
export interface RecheckEntry {
  readonly fid: Fid
}

/** An entry that cannot be backed up because a path of it is too long; looked at again in the next interval, in which a folder above it may be renamed. */
export interface UnreachableEntry {
  readonly fid: Fid
  /** The folder that it is in, or, where only the FID is known, null. */
  readonly folder: PathBytes | null
}

/** Source only: an open for writing without its close. */
export interface OpenerEntry {
  readonly fid: Fid
  readonly uid: number
  readonly gid: number
  readonly flags: number
  readonly openCount: number
  /** Timestamp of the snapshot in whose interval it was last seen to change. */
  readonly since: number
}

/** What each part holds. `depth` of a part says how deep every path in it is; null where order does not matter. */
export interface PartEntries {
  readonly remove: RemoveEntry
  readonly move: MoveEntry
  readonly mkdir: MkdirEntry
  readonly place: PlaceEntry
  readonly link: LinkEntry
  readonly data: DataEntry
  readonly attr: MapNode
  readonly compare: CompareEntry
  readonly hardlink: HardlinkEntry
  readonly unreachable: UnreachableEntry
  readonly recheck: RecheckEntry
  readonly opener: OpenerEntry
}
export type PartKind = keyof PartEntries

/** Parts by depth: `remove` and `move` by that of the S0 path, `mkdir` and `place` of the S1 path, `compare` of the directory. */
export const DEPTH_PARTS: ReadonlySet<PartKind> = new Set(['remove', 'move', 'mkdir', 'place', 'compare'])
export const SOURCE_ONLY_PARTS: ReadonlySet<PartKind> = new Set(['recheck', 'opener'])

/** How the file of a part is named. */
export const PART_FILE = /^[a-z][a-z0-9.-]{0,99}\.ndjson$/

export interface MapPart extends PartFile {
  readonly kind: PartKind
  readonly depth: number | null
}

export interface MapMdt {
  /** `MDT0000`. */
  readonly mdt: string
  /** The map holds the records from `startRecno` (the base's cursor + 1) to `endRecno`; `endRecno` is the new cursor. Equal to start - 1 when there was none. */
  readonly startRecno: bigint
  readonly endRecno: bigint
  readonly recordCount: bigint
}

/** Every touched FID has exactly one fate: created + removed + kept + temporary + excluded + failed = touched. */
export interface MapCounts {
  readonly touched: number
  readonly created: number
  readonly removed: number
  readonly kept: number
  readonly temporary: number
  readonly excluded: number
  readonly failed: number
  /** Of `kept`: with other links, with other data, with other attributes, with none of it. */
  readonly moved: number
  readonly data: number
  readonly attributes: number
  readonly unchanged: number
  /** Bytes of the files in `data`. */
  readonly dataBytes: bigint
}

/** How far the comparison of S1 with the target has come. */
export interface MapComparison {
  /** Path of the last directory that was compared, relative to `data_path`; null = the next slice begins with the root. */
  readonly cursor: PathBytes | null
  /** Timestamp of the snapshot with which this round through the tree began. */
  readonly cycleStart: number
  /** Of the part `compare` of this map. */
  readonly directoryCount: number
  readonly entryCount: number
}

export interface MapHeader {
  readonly format: typeof BACKUPMAP_FORMAT
  readonly version: typeof BACKUPMAP_VERSION
  readonly software: string
  readonly kind: 'incremental' | 'full'
  readonly fsname: string
  /** S0; null for a full map without one. */
  readonly base: { readonly timestamp: number; readonly snapshotName: string } | null
  /** S1. */
  readonly snapshot: { readonly timestamp: number; readonly snapshotName: string }
  readonly mdts: readonly MapMdt[]
  readonly roots: { readonly dataPath: Fid; readonly metaBasepath: Fid | null }
  /** `data_path` relative to the file system, percent-encoded. */
  readonly dataPath: string
  /** Why the changelogs of S1 may lack changes, so that it can be no base; empty = they are proven to hold them. */
  readonly unproven: readonly string[]
  readonly counts: MapCounts
  /** The whole tree in S1, carried forward from the last full map. */
  readonly tree: { readonly entryCount: number; readonly sizeBytes: bigint }
  readonly comparison: MapComparison
  readonly settings: { readonly largefileSizeBytes: bigint; readonly hugefileSizeBytes: bigint }
  readonly parts: readonly MapPart[]
}
