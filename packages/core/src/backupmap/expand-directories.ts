import { packPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { FID_WORDS, TOUCHED_WORDS } from '../changelog/touched-types.js'
import { FID_BYTES } from '../types/fid.js'
import { joinPath, type PathBytes } from '../types/path-bytes.js'
import { type Area, isTooLong, pathInArea, pathOutOfArea } from './area.js'
import { LookupFailure } from './lookup-failure.js'
import type { SnapshotSide } from './snapshot-side.js'

export const DT_DIR = 4

/** An entry of a directory that is backed up. */
export interface Child {
  /** Which of the directories it is in. */
  readonly parent: number
  readonly name: Buffer
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

/** Lists directories (relative to `data_path`) with the FID of every entry. `.lustre` is no part of any tree. */
export async function listDirectories(side: SnapshotSide, directories: readonly PathBytes[]): Promise<Listing> {
  const failures: WalkFailure[] = []
  const columns = await side.tree.readdir(packPaths(directories.map((path) => pathOutOfArea(side.area, path))))
  const named: Named[] = []
  const unreachable: Omit<Unreachable, 'fid'>[] = []
  const longPaths: Buffer[] = []
  directories.forEach((directory, parent) => {
    const errno = columns.errno[parent]!
    if (errno !== 0) failures.push({ path: directory, reason: String(new LookupFailure('readdir', errno)) })
    for (let entry = columns.entryStart[parent]!; entry < columns.entryStart[parent + 1]!; entry += 1) {
      const name = Buffer.from(unpackPath(columns.names, entry))
      const path = joinPath(directory, name)
      if (isTooLong(side.area, pathOutOfArea(side.area, path))) {
        unreachable.push({ folder: directory })
        longPaths.push(path)
      } else if (isBackedUp(side.area, path)) named.push({ parent, name, path, isDirectory: columns.types[entry] === DT_DIR })
    }
  })
  return {
    children: await withFids(
      side,
      named,
      named.map(({ path }) => path),
      failures,
    ),
    unreachable: await withFids(side, unreachable, longPaths, failures),
    failures,
  }
}

type Named = Omit<Child, 'fid'>

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
