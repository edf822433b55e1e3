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

const KIND_AND_FID = Buffer.from('{"kind":"entry","fid":"[0x')
const FID_COLON = Buffer.from(':0x')
const PATH = Buffer.from(']","path":')
const GID = Buffer.from(',"gid":')
const SIZE = Buffer.from(',"size":')
const MTIME = Buffer.from(',"mtimeNs":')
const NLINK = Buffer.from(',"nlink":')
const NO_MORE = Buffer.from(',"rdev":null,"acl":null,"defaultAcl":null,"released":false,"same":false}')

/** Lines of a comparison, the same as `encodeEntry` writes them, but of columns: a walk writes one for each entry of a file system. */
export class CompareLines {
  readonly #lines = new LineBytes()
  readonly #modeFields = new Map<number, Buffer>()
  #mtime = { value: 0n, text: Buffer.from('0') }

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
    this.#addFid(words.fids, row * FID_WORDS)
    lines.raw(PATH)
    lines.path(words.paths, startInArea(entries, row), entries.paths.ends[row]!)
    lines.raw(this.#fieldsOfMode(mode))
    lines.decimal(stats.uid[row]!)
    lines.raw(GID)
    lines.decimal(stats.gid[row]!)
    lines.raw(SIZE)
    const type = typeOfMode(mode)
    if (type === 'f') this.#addSize(words.sizes, stats.size, row)
    else lines.decimal(0)
    lines.raw(MTIME)
    this.#addTime(stats.mtimeNs[row]!)
    lines.raw(NLINK)
    lines.decimal(stats.nlink[row]!)
    const rdev = type === 'c' || type === 'b' ? `[${stats.rdevMajor[row]},${stats.rdevMinor[row]}]` : null
    const ofRow = acls.get(row)
    if (rdev === null && ofRow === undefined && !same && !released.has(row)) lines.raw(NO_MORE)
    else lines.text(restText(rdev, ofRow ?? NO_ACLS, released.has(row), same))
    lines.endLine()
  }

  #addFid(words: Uint32Array, at: number): void {
    const lines = this.#lines
    lines.raw(KIND_AND_FID)
    if (words[at + 1] !== 0) lines.hex(words[at + 1]!)
    lines.hex(words[at]!, words[at + 1] === 0 ? undefined : 8)
    lines.raw(FID_COLON)
    lines.hex(words[at + 2]!)
    lines.raw(FID_COLON)
    lines.hex(words[at + 3]!)
  }

  #addSize(words: Uint32Array, sizes: BigInt64Array, row: number): void {
    const high = words[row * 2 + 1]!
    if (high < SAFE_HIGH_WORD) this.#lines.decimal(high * WORD + words[row * 2]!)
    else this.#lines.text(jsonTextOfInt(sizes[row]!))
  }

  /** Neighbours often have the same: Lustre keeps whole seconds. */
  #addTime(value: bigint): void {
    if (value !== this.#mtime.value) this.#mtime = { value, text: Buffer.from(jsonTextOfInt(value)) }
    this.#lines.raw(this.#mtime.text)
  }

  /** Type and mode with the names around them: there are few combinations. */
  #fieldsOfMode(mode: number): Buffer {
    const known = this.#modeFields.get(mode)
    if (known !== undefined) return known
    const fields = Buffer.from(`,"type":"${typeOfMode(mode)}","mode":"${modeText(mode & 0o7777)}","uid":`)
    this.#modeFields.set(mode, fields)
    return fields
  }
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
