import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type ChangelogMeta, formatMeta, NEW_META, parseMeta } from './changelog-meta.js'
import {
  type ChangelogRecord,
  decodeRecords,
  MAX_RECORD_SIZE,
  packRecord,
  type RecordInput,
  type RecordStamp,
  recordLength,
} from './record-codec.js'
import { RecordType, type RecordTypeName } from './record-types.js'

const BUFFER_BYTES = 1024 * 1024

/** The changelog of one MDT: packed records in `BASE.bin`, appended only; bounds and users in `BASE.meta`. */
export class ChangelogLog {
  #meta: ChangelogMeta = NEW_META
  /** The types that are logged now: none without a user. */
  #logged: ReadonlySet<number> = new Set()
  /** These two run ahead of the meta while records are appended. */
  #last = 0
  #length = 0
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES)
  #buffered = 0

  constructor(readonly base: string) {}

  get meta(): ChangelogMeta {
    return { ...this.#meta, last: this.#last, length: this.#length }
  }

  set meta(meta: ChangelogMeta) {
    this.#meta = meta
    this.#last = meta.last
    this.#length = meta.length
    this.#logged = new Set(meta.users.length === 0 ? [] : meta.mask.map((name) => RecordType[name as RecordTypeName]))
  }

  static create(base: string): void {
    mkdirSync(dirname(base), { recursive: true })
    writeFileSync(`${base}.bin`, '')
    new ChangelogLog(base).#saveMeta()
  }

  /** Reads the meta file again; what an interrupted run appended without recording it is cut off. */
  load(): void {
    this.meta = parseMeta(readFileSync(`${this.base}.meta`, 'latin1'))
    this.#buffered = 0
    if (statSync(`${this.base}.bin`).size > this.#length) truncateSync(`${this.base}.bin`, this.#length)
  }

  /** Appends a record, if anybody is registered and the mask has its type. Returns whether it did. */
  append(input: RecordInput, stamp: Omit<RecordStamp, 'index'>): boolean {
    if (!this.#logged.has(input.type)) return false
    if (this.#buffered + MAX_RECORD_SIZE > BUFFER_BYTES) this.#spill()
    const { timeNs, jobid, uid, gid, nid } = stamp
    const end = packRecord(this.#buffer, this.#buffered, input, { index: ++this.#last, timeNs, jobid, uid, gid, nid })
    this.#length += end - this.#buffered
    this.#buffered = end
    return true
  }

  flush(): void {
    this.#spill()
    this.#saveMeta()
  }

  /** Registers a reader, which starts at the current last record. */
  register(nowSeconds: number, name: string | null, mask: string | null): string {
    const id = `cl${this.meta.nextUser}${name === null ? '' : `-${name}`}`
    const user = { id, index: this.meta.last, timeSeconds: nowSeconds, mask }
    this.meta = { ...this.meta, nextUser: this.meta.nextUser + 1, users: [...this.meta.users, user] }
    return id
  }

  /** Removes a reader; without any left, the records go too. */
  deregister(id: string): boolean {
    const users = this.meta.users.filter((user) => user.id !== id && user.id.split('-')[0] !== id)
    if (users.length === this.meta.users.length) return false
    this.meta = { ...this.meta, users }
    this.#purge()
    return true
  }

  /** Clears up to `endrec`, 0 for all there is now; returns 0 or an errno, as `llapi_changelog_clear` does. */
  clear(id: string, endrec: number, nowSeconds: number): number {
    if (!/^cl\d+(-|$)/.test(id)) return 22
    const user = this.meta.users.find((known) => known.id === id || known.id.split('-')[0] === id)
    if (!user) return 2
    const index = endrec === 0 ? this.meta.last : endrec
    if (index > this.meta.last || index < user.index) return 22
    const users = this.meta.users.map((known) => (known === user ? { ...known, index, timeSeconds: nowSeconds } : known))
    this.meta = { ...this.meta, users }
    this.#purge()
    return 0
  }

  setMask(mask: readonly string[]): void {
    this.meta = { ...this.meta, mask }
  }

  /** Fault: loses the oldest records up to `index`, as if an overflow or another tool had cleared them. */
  dropThrough(index: number): void {
    this.#spill()
    this.#advance(Math.min(index, this.meta.last) + 1)
  }

  /** Fault: loses records in the middle. Snapshots that share the file keep theirs. */
  dropRange(from: number, to: number): void {
    this.#spill()
    const bytes = readFileSync(`${this.base}.bin`)
    const kept: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      const record = bytes.subarray(at, at + recordLength(bytes, at))
      const index = Number(record.readBigUInt64LE(8))
      if (index < from || index > to) kept.push(record)
      at += record.length
    }
    this.#replace(Buffer.concat(kept))
    const first = this.meta.first
    this.meta = { ...this.meta, first: 1, firstOffset: 0 }
    this.#advance(first)
  }

  records(): ChangelogRecord[] {
    this.#spill()
    return readRecords(this.base, this.meta)
  }

  /** Gives a snapshot this log as it is now: the same file of records, and a copy of the bounds. */
  snapshotTo(base: string): void {
    this.flush()
    mkdirSync(dirname(base), { recursive: true })
    linkSync(`${this.base}.bin`, `${base}.bin`)
    writeFileSync(`${base}.meta`, formatMeta(this.meta))
  }

  #purge(): void {
    const lowest = Math.min(this.meta.last, ...this.meta.users.map((user) => user.index))
    if (lowest >= this.meta.first) {
      this.#spill()
      this.#advance(lowest + 1)
    }
  }

  #advance(first: number): void {
    if (first <= this.meta.first) return
    let offset = this.meta.firstOffset
    const bytes = readFileSync(`${this.base}.bin`)
    while (offset < bytes.length && Number(bytes.readBigUInt64LE(offset + 8)) < first) offset += recordLength(bytes, offset)
    this.meta = { ...this.meta, first, firstOffset: offset }
  }

  #replace(bytes: Buffer): void {
    writeFileSync(`${this.base}.bin.new`, bytes)
    renameSync(`${this.base}.bin.new`, `${this.base}.bin`)
    this.meta = { ...this.meta, length: bytes.length }
  }

  #spill(): void {
    if (this.#buffered > 0) appendFileSync(`${this.base}.bin`, this.#buffer.subarray(0, this.#buffered))
    this.#buffered = 0
  }

  #saveMeta(): void {
    writeFileSync(`${this.base}.meta.new`, formatMeta(this.meta))
    renameSync(`${this.base}.meta.new`, `${this.base}.meta`)
  }
}

/** The records of a log on disk that its users may still read. */
export function readRecords(base: string, meta: ChangelogMeta = parseMeta(readFileSync(`${base}.meta`, 'latin1'))): ChangelogRecord[] {
  const bytes = Buffer.alloc(meta.length - meta.firstOffset)
  const fd = openSync(`${base}.bin`, 'r')
  try {
    for (let at = 0; at < bytes.length; ) at += readSync(fd, bytes, at, bytes.length - at, meta.firstOffset + at)
  } finally {
    closeSync(fd)
  }
  return decodeRecords(bytes)
}
