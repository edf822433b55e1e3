import { type PathList, pathStart } from '@lustrebackup/lustreapi/path-list'
import { isPlainName, PATH_MAX } from '../types/path-bytes.js'

const BYTES_AT_FIRST = 64 * 1024
const PATHS_AT_FIRST = 1024
const QUOTE = 0x22
const SLASH = 0x2f
const BACKSLASH = 0x5c

/** Paths that come one after the other, as one list: an object for each would cost more than what is done with it. */
export class PathColumn {
  #bytes = Buffer.allocUnsafe(BYTES_AT_FIRST)
  #ends = new Uint32Array(PATHS_AT_FIRST)
  #count = 0
  #length = 0

  add(path: Buffer): void {
    this.#makeRoom(path.length)
    path.copy(this.#bytes, this.#length)
    this.#end(this.#length + path.length)
  }

  /**
   * Adds the path of a line, which begins with the quote `line[at]`, and gives the index behind its last quote. -1, and nothing is added, for what does
   * not stand for itself byte by byte, or is no path: only a decoder can tell. `line` ends with a newline.
   */
  addPlain(line: Buffer, at: number): number {
    if (line[at] !== QUOTE) return -1
    this.#makeRoom(PATH_MAX)
    const to = this.#bytes
    const last = this.#length + PATH_MAX - 1
    let end = this.#length
    let name = end
    let from = at + 1
    for (let byte = line[from]!; byte !== QUOTE; byte = line[++from]!) {
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH || end === last) return -1
      if (byte === SLASH) {
        if (!isPlainName(to, name, end)) return -1
        name = end + 1
      }
      to[end++] = byte
    }
    if (!isPlainName(to, name, end)) return -1
    this.#end(end)
    return from + 1
  }

  /** Takes back what was added after the first `count`. */
  truncate(count: number): void {
    this.#count = count
    this.#length = count === 0 ? 0 : this.#ends[count - 1]!
  }

  /** All of them, without a copy: nothing is added afterwards. */
  list(): PathList {
    return { bytes: this.#bytes.subarray(0, this.#length), ends: this.#ends.subarray(0, this.#count) }
  }

  #end(end: number): void {
    if (this.#count === this.#ends.length) {
      const grown = new Uint32Array(this.#ends.length * 2)
      grown.set(this.#ends)
      this.#ends = grown
    }
    this.#ends[this.#count++] = end
    this.#length = end
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

/** Number of components of path `index` of a list; the root has 0. */
export function depthInList(list: PathList, index: number): number {
  const [start, end] = [pathStart(list, index), list.ends[index]!]
  if (start === end) return 0
  let depth = 1
  for (let at = start; at < end; at += 1) if (list.bytes[at] === SLASH) depth += 1
  return depth
}
