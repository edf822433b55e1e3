import { FID_WORDS } from '../changelog/touched-types.js'
import { LineBytes, type TakenLines } from '../parts/line-bytes.js'
import { typeOfMode } from '../tree/entry-type.js'
import { jsonTextOfInt } from '../types/json-int.js'
import type { CompareEntry } from './backupmap-types.js'
import { base64Text, encodeEntry, modeText } from './codec.js'
import { type EntryRows, startInArea } from './entry-rows.js'
import { type Acls, NO_ACLS } from './read-attributes.js'

type DirectoryLine = Extract<CompareEntry, { kind: 'directory' }>

/** Below this its 64 bits are an integer that a double holds exactly. */
const SAFE_HIGH_WORD = 2 ** 21
const WORD = 2 ** 32

const KIND_AND_FID = '{"kind":"entry","fid":"[0x'
const FID_COLON = ':0x'
const FIRST_VERSION = Buffer.from(':0x0]","path":')
const PATH = ']","path":'
const MTIME = ',"mtimeNs":'
const NO_MORE = ',"rdev":null,"acl":null,"defaultAcl":null,"released":false,"same":false}'

/** Lines of a comparison, the same as `encodeEntry` writes them, but of columns: a walk writes one for each entry of a file system. */
export class CompareLines {
  readonly #lines = new LineBytes()
  // Neighbours mostly have these in common.
  #sequence = { high: 0, low: 0, text: Buffer.from(`${KIND_AND_FID}0${FID_COLON}`) }
  #owner = { mode: -1, uid: 0, gid: 0, text: Buffer.alloc(0) }
  #mtime = { value: 0n, text: Buffer.from(`${MTIME}0`) }
  #ending = { nlink: 0, text: Buffer.from(endingText(0)) }

  /** A directory with its entries: `rows` of them, in this order. */
  addDirectory(directory: DirectoryLine, entries: EntryRows, rows: readonly number[], same: ReadonlySet<number>): void {
    this.#add(directory)
    const words = wordsOf(entries)
    for (const row of rows) this.#addRow(entries, words, row, same.has(row))
    this.#add({ kind: 'end', path: directory.path, entryCount: rows.length })
  }

  /** What was added since the last time; valid until more is. */
  take(): TakenLines {
    return this.#lines.take()
  }

  #add(entry: CompareEntry): void {
    this.#lines.text(encodeEntry('compare', entry))
    this.#lines.endLine()
  }

  #addRow(entries: EntryRows, words: Words, row: number, same: boolean): void {
    const lines = this.#lines
    const { stats, acls, released } = entries.attributes
    const mode = stats.mode[row]!
    const type = typeOfMode(mode)
    this.#addFid(words.fids, row * FID_WORDS)
    lines.path(words.paths, startInArea(entries, row), entries.paths.ends[row]!)
    this.#addOwner(mode, stats.uid[row]!, stats.gid[row]!)
    if (type === 'f') this.#addSize(words.sizes, stats.size, row)
    else lines.decimal(0)
    this.#addTime(stats.mtimeNs[row]!)
    const rdev = type === 'c' || type === 'b' ? `[${stats.rdevMajor[row]},${stats.rdevMinor[row]}]` : null
    const ofRow = acls.get(row)
    if (rdev === null && ofRow === undefined && !same && !released.has(row)) this.#addEnding(stats.nlink[row]!)
    else lines.text(`,"nlink":${stats.nlink[row]}${restText(rdev, ofRow ?? NO_ACLS, released.has(row), same)}`)
    lines.endLine()
  }

  /** Up to the path. */
  #addFid(words: Uint32Array, at: number): void {
    const lines = this.#lines
    const [low, high] = [words[at]!, words[at + 1]!]
    if (low !== this.#sequence.low || high !== this.#sequence.high) {
      const digits = high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0')
      this.#sequence = { high, low, text: Buffer.from(KIND_AND_FID + digits + FID_COLON) }
    }
    lines.raw(this.#sequence.text)
    lines.hex(words[at + 2]!)
    if (words[at + 3] === 0) lines.raw(FIRST_VERSION)
    else lines.text(`${FID_COLON}${words[at + 3]!.toString(16)}${PATH}`)
  }

  /** From the type up to the size. */
  #addOwner(mode: number, uid: number, gid: number): void {
    const { mode: lastMode, uid: lastUid, gid: lastGid } = this.#owner
    if (mode !== lastMode || uid !== lastUid || gid !== lastGid) {
      const text = `,"type":"${typeOfMode(mode)}","mode":"${modeText(mode & 0o7777)}","uid":${uid},"gid":${gid},"size":`
      this.#owner = { mode, uid, gid, text: Buffer.from(text) }
    }
    this.#lines.raw(this.#owner.text)
  }

  #addSize(words: Uint32Array, sizes: BigInt64Array, row: number): void {
    const high = words[row * 2 + 1]!
    if (high < SAFE_HIGH_WORD) this.#lines.decimal(high * WORD + words[row * 2]!)
    else this.#lines.text(jsonTextOfInt(sizes[row]!))
  }

  /** Lustre keeps whole seconds. */
  #addTime(value: bigint): void {
    if (value !== this.#mtime.value) this.#mtime = { value, text: Buffer.from(MTIME + jsonTextOfInt(value)) }
    this.#lines.raw(this.#mtime.text)
  }

  #addEnding(nlink: number): void {
    if (nlink !== this.#ending.nlink) this.#ending = { nlink, text: Buffer.from(endingText(nlink)) }
    this.#lines.raw(this.#ending.text)
  }
}

/** From the number of links on, of an entry that has nothing special. */
function endingText(nlink: number): string {
  return `,"nlink":${nlink}${NO_MORE}`
}

function restText(rdev: string | null, [acl, defaultAcl]: Acls, released: boolean, same: boolean): string {
  return `,"rdev":${rdev},"acl":${base64Text(acl)},"defaultAcl":${base64Text(defaultAcl)},"released":${released},"same":${same}}`
}

/** Columns as what they are read as here; a view is too dear to be made for each row. */
interface Words {
  readonly paths: Buffer
  readonly fids: Uint32Array
  /** The lower half of each comes first. */
  readonly sizes: Uint32Array
}

function wordsOf({ paths: { bytes }, fids, attributes: { stats } }: EntryRows): Words {
  return {
    paths: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    fids: new Uint32Array(fids.buffer, fids.byteOffset, fids.length / 4),
    sizes: new Uint32Array(stats.size.buffer, stats.size.byteOffset, stats.size.length * 2),
  }
}
