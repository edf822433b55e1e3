import { isUtf8 } from 'node:buffer'

/**
 * Many paths in two arrays, so that a hundred thousand of them cross to threads and to the addon as two values.
 * `ends[i]` is the exclusive end of path i in `bytes`. A path is relative to a root, without leading slash; the empty path is the root.
 */
export interface PathList {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

export const EMPTY_PATH_LIST: PathList = { bytes: new Uint8Array(0), ends: new Uint32Array(0) }

export function pathCount(list: PathList): number {
  return list.ends.length
}

export function packPaths(paths: readonly Uint8Array[]): PathList {
  const ends = new Uint32Array(paths.length)
  let total = 0
  for (const path of paths) total += path.length
  if (total > 0xffffffff) throw new RangeError('more than 4 GiB of paths in one list')
  const bytes = new Uint8Array(total)
  let end = 0
  for (const [index, path] of paths.entries()) {
    bytes.set(path, end)
    end += path.length
    ends[index] = end
  }
  return { bytes, ends }
}

/** Path `index` as a view into the list: it shares the list's memory. */
export function unpackPath(list: PathList, index: number): Buffer {
  const end = list.ends[index]
  if (end === undefined) throw new RangeError(`path ${index} of a list of ${list.ends.length}`)
  const start = pathStart(list, index)
  return Buffer.from(list.bytes.buffer, list.bytes.byteOffset + start, end - start)
}

/** All paths as views, or those from `start` up to `end`. */
export function unpackPaths(list: PathList, start = 0, end = pathCount(list)): Buffer[] {
  const paths: Buffer[] = []
  for (let index = start; index < end; index++) paths.push(unpackPath(list, index))
  return paths
}

/** A path for messages: in quotes, with escapes for control characters and for bytes that are not UTF-8. */
export function showPath(path: Uint8Array): string {
  if (isUtf8(path)) return JSON.stringify(Buffer.from(path).toString('utf8'))
  const bytes = Array.from(path, (byte) =>
    byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte),
  )
  return `"${bytes.join('')}"`
}

/** The paths with these indexes, in this order, as a list of its own. */
export function pickPaths(list: PathList, indexes: ArrayLike<number>): PathList {
  const ends = new Uint32Array(indexes.length)
  let total = 0
  for (let row = 0; row < indexes.length; row++) {
    total += list.ends[indexes[row]!]! - pathStart(list, indexes[row]!)
    ends[row] = total
  }
  if (total > 0xffffffff) throw new RangeError('more than 4 GiB of paths in one list')
  const bytes = new Uint8Array(total)
  for (let row = 0, to = 0; row < indexes.length; to = ends[row++]!) {
    const from = pathStart(list, indexes[row]!)
    for (let at = to; at < ends[row]!; at++) bytes[at] = list.bytes[from + at - to]!
  }
  return { bytes, ends }
}

/** Where path `index` begins in `bytes`. */
export function pathStart(list: PathList, index: number): number {
  return index === 0 ? 0 : list.ends[index - 1]!
}
