import { type PathList, pathStart } from '@lustrebackup/lustreapi/path-list'
import { type Area, areaStart, pathOutOfArea } from './area.js'

const SLASH = 0x2f
/** In the root of every Lustre file system, and no part of any tree. */
const LUSTRE_FOLDER = Buffer.from('.lustre')

/** Joins the names of entries to the paths of their directories, and keeps those that are backed up, all in one list. */
export class PathListBuilder {
  readonly #folders: readonly Buffer[]
  #bytes: Buffer
  readonly #ends: number[] = []
  #length = 0
  #keptLast = false

  /** `directories` are relative to `data_path`. */
  constructor(
    private readonly names: PathList,
    directories: readonly Buffer[],
    private readonly area: Area,
  ) {
    this.#folders = directories.map((path) => pathOutOfArea(area, path))
    this.#bytes = Buffer.allocUnsafe(names.bytes.length * 4 + 4096)
  }

  /** Adds entry `entry` of directory `parent`, unless it is not backed up (`keepsLast`). False: its path is too long. */
  add(parent: number, entry: number): boolean {
    const folder = this.#folders[parent]!
    const [nameStart, nameEnd] = [pathStart(this.names, entry), this.names.ends[entry]!]
    const start = this.#length
    const length = folder.length + (folder.length === 0 ? 0 : 1) + nameEnd - nameStart
    this.#makeRoom(length)
    let at = start
    for (let byte = 0; byte < folder.length; byte += 1) this.#bytes[at++] = folder[byte]!
    if (folder.length > 0) this.#bytes[at++] = SLASH
    for (let byte = nameStart; byte < nameEnd; byte += 1) this.#bytes[at++] = this.names.bytes[byte]!
    const isPart = areaStart(this.area, this.#bytes, start, at) !== -1 && !this.#isLustreFolder(start, at)
    this.#keptLast = isPart && length <= this.area.reachBytes
    if (this.#keptLast) {
      this.#length = at
      this.#ends.push(at)
    }
    return this.#keptLast || !isPart
  }

  /** Whether what was added last is in the list. */
  keepsLast(): boolean {
    return this.#keptLast
  }

  list(): PathList {
    return { bytes: this.#bytes.subarray(0, this.#length), ends: Uint32Array.from(this.#ends) }
  }

  #isLustreFolder(start: number, end: number): boolean {
    return end - start === LUSTRE_FOLDER.length && LUSTRE_FOLDER.compare(this.#bytes, start, end) === 0
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe((this.#length + bytes) * 2)
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
