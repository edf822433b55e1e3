import { type PathList, packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { FID_WORDS, TOUCHED_WORDS } from '../changelog/touched-types.js'
import { FID_BYTES } from '../types/fid.js'
import { joinPath, type PathBytes } from '../types/path-bytes.js'
import { type Area, pathInArea, pathOutOfArea } from './area.js'
import { LookupFailure } from './lookup-failure.js'
import { PathListBuilder } from './path-list-builder.js'
import type { SnapshotSide } from './snapshot-side.js'

export const DT_DIR = 4

/** An entry of a directory that is backed up. */
export interface Child {
  /** Relative to `data_path`. */
  readonly path: PathBytes
  /** FID as the snapshot has it; 16 bytes. */
  readonly fid: Uint8Array
  readonly isDirectory: boolean
}

/** An entry whose path is too long for any call, and for the map. */
export interface Unreachable {
  readonly fid: Uint8Array
  /** The directory that it is in, relative to `data_path`. */
  readonly folder: PathBytes
}

/** A directory or entry that could not be read. */
export interface WalkFailure {
  readonly path: Buffer
  readonly reason: string
}

export interface Listing {
  readonly children: readonly Child[]
  readonly unreachable: readonly Unreachable[]
  readonly failures: readonly WalkFailure[]
}

/**
 * What some directories hold, without an object for each entry: row i is that of entry i, the entries of a directory after each other and
 * sorted by the bytes of their names.
 */
export interface NameColumns {
  /** Rows of directory i: `starts[i]` up to `starts[i + 1]`. */
  readonly starts: Uint32Array
  /** Relative to the mount point. */
  readonly paths: PathList
  /** `DT_…` */
  readonly types: Uint8Array
  readonly unreachable: readonly Unreachable[]
  readonly failures: WalkFailure[]
}

/** Lists directories (relative to `data_path`). `.lustre` is no part of any tree. */
export async function listNames(side: SnapshotSide, directories: readonly PathBytes[]): Promise<NameColumns> {
  const failures: WalkFailure[] = []
  const columns = await side.tree.readdir(packPaths(directories.map((path) => pathOutOfArea(side.area, path))))
  const starts = new Uint32Array(directories.length + 1)
  const builder = new PathListBuilder(columns.names, directories, side.area)
  const types: number[] = []
  const unreachable: Omit<Unreachable, 'fid'>[] = []
  const longPaths: Buffer[] = []
  directories.forEach((directory, parent) => {
    const errno = columns.errno[parent]!
    if (errno !== 0) failures.push({ path: directory, reason: String(new LookupFailure('readdir', errno)) })
    for (let entry = columns.entryStart[parent]!; entry < columns.entryStart[parent + 1]!; entry += 1) {
      if (!builder.add(parent, entry)) {
        unreachable.push({ folder: directory })
        longPaths.push(joinPath(directory, Buffer.from(unpackPath(columns.names, entry))))
      } else if (builder.keepsLast()) types.push(columns.types[entry]!)
    }
    starts[parent + 1] = types.length
  })
  return {
    starts,
    paths: builder.list(),
    types: Uint8Array.from(types),
    unreachable: await withFids(side, unreachable, longPaths, failures),
    failures,
  }
}

/** The entries of directories (relative to `data_path`) with their FIDs, an object for each. */
export async function listDirectories(side: SnapshotSide, directories: readonly PathBytes[]): Promise<Listing> {
  const { starts, paths, types, unreachable, failures } = await listNames(side, directories)
  const { errno, fids } = await side.tree.path2fid(paths)
  const children: Child[] = []
  directories.forEach((_, parent) => {
    for (let row = starts[parent]!; row < starts[parent + 1]!; row += 1) {
      const path = inArea(side.area, unpackPath(paths, row))
      if (errno[row] !== 0) failures.push({ path, reason: String(new LookupFailure('path2fid', errno[row]!)) })
      else children.push({ path, fid: fids.slice(row * FID_BYTES, (row + 1) * FID_BYTES), isDirectory: types[row] === DT_DIR })
    }
  })
  return { children, unreachable, failures }
}

function inArea(area: Area, path: Buffer): PathBytes {
  return pathInArea(area, path) ?? (path as PathBytes)
}

/** Whether a path (relative to `data_path`) is part of the backup. */
export function isBackedUp(area: Area, path: PathBytes): boolean {
  const full = pathOutOfArea(area, path)
  return pathInArea(area, full) !== null && full.toString('latin1') !== '.lustre'
}

async function withFids<T>(
  side: SnapshotSide,
  items: readonly T[],
  paths: readonly Buffer[],
  failures: WalkFailure[],
): Promise<(T & { fid: Uint8Array })[]> {
  if (items.length === 0) return []
  const { errno, fids } = await side.tree.path2fid(packPaths(paths.map((path) => pathOutOfArea(side.area, path as PathBytes))))
  return items.flatMap((item, row) => {
    if (errno[row] === 0) return [{ ...item, fid: fids.subarray(row * FID_BYTES, (row + 1) * FID_BYTES) }]
    failures.push({ path: paths[row]!, reason: String(new LookupFailure('path2fid', errno[row]!)) })
    return []
  })
}

/** Entries of the touched set, with `bits`, for everything that is directly in the directories; FIDs as S1 knows them. */
export function touchedEntries(
  children: readonly { readonly fid: Uint8Array }[],
  bits: number,
  newest: (words: Uint32Array) => Uint32Array,
): Uint32Array {
  const entries = new Uint32Array(children.length * TOUCHED_WORDS)
  children.forEach(({ fid }, row) => {
    const words = newest(new Uint32Array(Uint8Array.from(fid).buffer))
    entries.set(words, row * TOUCHED_WORDS)
    entries[row * TOUCHED_WORDS + FID_WORDS] = bits
  })
  return entries
}
