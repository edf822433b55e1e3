import type { PathList } from '@lustrebackup/lustreapi/path-list'
import { scanFid, scanText } from '../parts/line-scanner.js'
import { PathColumn } from '../parts/path-column.js'
import type { EntryType, PartEntries } from './backupmap-types.js'
import { decodeEntry } from './codec.js'

/** The parts whose lines are a FID, a path, a type and one thing more. */
export type NameKind = 'remove' | 'move' | 'place' | 'link'

/** Entries of a part in columns: there may be millions, and of most no more is needed than the addon gets. */
export interface NameRows<K extends NameKind> {
  readonly kind: K
  readonly paths: PathList
  /** `to` of moves and links, `from` of what is placed; nothing of what is removed. */
  readonly others: PathList
  readonly types: readonly EntryType[]
  /** Rows that are removed with everything below. */
  readonly trees: ReadonlySet<number>
  /** All of the entry. */
  entry(row: number): PartEntries[K]
}

const LINE_START = Buffer.from('{"fid":"')
const PATH = Buffer.from('","path":')
const TYPE = Buffer.from(',"type":"')
const REST: { readonly [K in NameKind]: Buffer } = {
  remove: Buffer.from('","tree":false}\n'),
  move: Buffer.from('","to":'),
  place: Buffer.from('","from":'),
  link: Buffer.from('","to":'),
}
const LINE_END = Buffer.from('}\n')
const TYPES = new Map<number, EntryType>((['f', 'd', 'l', 'p', 's', 'c', 'b'] as const).map((type) => [type.charCodeAt(0), type]))
const TYPE_OF_BYTE = Array.from({ length: 256 }, (_, byte) => TYPES.get(byte) ?? null)

/** What is wrong with a line, the first of them being line 0. */
export interface WrongLine {
  readonly wrong: string
  readonly line: number
}

/**
 * `decodeEntry` of each of the lines in `bytes`, which ends with a newline. Lines exactly as `encodeEntry` writes them, with nothing in their paths that
 * JSON or a map writes differently, are taken byte by byte; what any other line means is left to the decoder.
 */
export function scanNameRows<K extends NameKind>(kind: K, bytes: Buffer): NameRows<K> | WrongLine {
  const columns = new NameColumns(kind, bytes)
  for (let at = 0, row = 0; at < bytes.length; row += 1) {
    let end = columns.addPlain(at, row)
    if (end === -1) {
      end = bytes.indexOf(10, at) + 1
      const entry = decodeEntry(kind, bytes.toString('utf8', at, end - 1))
      if ('wrong' in entry) return { wrong: entry.wrong, line: row }
      columns.add(entry, at, row)
    }
    at = end
  }
  return columns.rows()
}

class NameColumns<K extends NameKind> {
  readonly #paths = new PathColumn()
  readonly #others = new PathColumn()
  readonly #types: EntryType[] = []
  readonly #trees = new Set<number>()
  readonly #starts: number[] = []

  constructor(
    readonly kind: K,
    readonly bytes: Buffer,
  ) {}

  add(entry: PartEntries[NameKind], at: number, row: number): void {
    this.#paths.add(entry.path)
    if ('to' in entry) this.#others.add(entry.to)
    else if ('from' in entry) this.#others.add(entry.from)
    else if (entry.tree) this.#trees.add(row)
    this.#end(at, entry.type)
  }

  /** The index behind the line that begins at `at`; -1 unless it was one of the plain ones. */
  addPlain(at: number, row: number): number {
    const { bytes, kind } = this
    const path = scanText(bytes, scanFid(bytes, scanText(bytes, at, LINE_START)), PATH)
    if (path === -1) return -1
    const typeAt = scanText(bytes, this.#paths.addPlain(bytes, path), TYPE)
    const type = typeAt === -1 ? null : TYPE_OF_BYTE[bytes[typeAt]!]!
    const rest = type === null ? -1 : scanText(bytes, typeAt + 1, REST[kind])
    const end = kind === 'remove' || rest === -1 ? rest : scanText(bytes, this.#others.addPlain(bytes, rest), LINE_END)
    if (type !== null && end !== -1) {
      this.#end(at, type)
      return end
    }
    this.#paths.truncate(row)
    this.#others.truncate(kind === 'remove' ? 0 : row)
    return -1
  }

  rows(): NameRows<K> {
    const { kind, bytes } = this
    const starts = this.#starts
    const entry = (row: number) =>
      decodeEntry(kind, bytes.toString('utf8', starts[row], (starts[row + 1] ?? bytes.length) - 1)) as PartEntries[K]
    return { kind, paths: this.#paths.list(), others: this.#others.list(), types: this.#types, trees: this.#trees, entry }
  }

  #end(at: number, type: EntryType): void {
    this.#starts.push(at)
    this.#types.push(type)
  }
}
