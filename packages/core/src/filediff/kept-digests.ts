import { closeSync, constants, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { reasonOf } from '../errors/errors.js'
import { smaller } from './block-grid.js'
import type { RangeEnd } from './codec.js'
import { FilediffError, writeFailure } from './filediff-error.js'
import { DIGEST_BYTES } from './filediff-types.js'
import {
  CHUNK_BLOCKS,
  decodeBegin,
  decodeSeal,
  decodeStart,
  encodeBegin,
  encodeRecord,
  encodeSeal,
  encodeStart,
  type KeptBegin,
  type KeptSeal,
  type KeptStart,
  RECORD,
} from './kept-codec.js'
import { type KeptBlocks, KeptIndex } from './kept-index.js'
import { type KeptRecord, readAll, scanRecords } from './kept-scan.js'

/** A log with more records than this is begun anew instead of being appended to, unless an interrupted transfer still needs it. */
const RECORDS_MAX = 1_000_000

/**
 * The log of one target file's block digests (docs/formats/filediff.md). What it says may be used only while `seal` is what the file's inode
 * says. Whoever changes the file calls `begin` before the first change, and `seal` after the data are on disk.
 */
export class KeptDigests {
  #seal: KeptSeal | null = null
  #begin: KeptBegin | null = null
  #ranges: RangeEnd[] = []
  #index: KeptIndex
  #end = 0
  #run: { readonly first: bigint; digests: Buffer[]; count: bigint } | null = null

  private constructor(
    private readonly fd: number,
    readonly path: string,
    private readonly start: KeptStart,
  ) {
    this.#index = this.#newIndex()
  }

  /** Opens the log at `path`, or makes a new one: also where it is damaged, or of other blocks. */
  static open(path: string, start: KeptStart): KeptDigests {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      crashPoint('kept.opened')
      const kept = new KeptDigests(fd, path, start)
      kept.#load()
      return kept
    } catch (error) {
      if (error instanceof FilediffError) throw error
      throw new FilediffError('FILEDIFF_KEPT', `opening the block digests in ${path}: ${reasonOf(error)}`, {
        cause: error,
        hint: 'The digests only save time: the file may be removed.',
      })
    }
  }

  /** The state of the file that the digests describe; null = they describe none. */
  get seal(): KeptSeal | null {
    return this.#seal
  }

  /** The last transfer that was begun, and its ranges that were found equal. */
  get lastTransfer(): { readonly begin: KeptBegin; readonly ranges: readonly RangeEnd[] } | null {
    return this.#begin === null ? null : { begin: this.#begin, ranges: this.#ranges }
  }

  lookup(first: bigint, end: bigint): KeptBlocks {
    return this.#index.lookup(first, end)
  }

  /** Forgets everything. */
  clear(): void {
    this.#seal = null
    this.#begin = null
    this.#ranges = []
    this.#index = this.#newIndex()
    this.#run = null
    ftruncateSync(this.fd, 0)
    crashPoint('kept.cut')
    this.#end = 0
    this.#append(RECORD.start, encodeStart(this.start))
  }

  /** From here on the file is about to change: on disk when this returns. `resume` keeps the ranges that are done. */
  begin(begin: KeptBegin, resume: boolean): void {
    this.#flushRun()
    this.#append(RECORD.begin, encodeBegin(begin))
    this.#apply(begin, resume)
    for (const range of this.#ranges) this.#append(RECORD.range, rangeBody(range))
    this.#writing(() => fsyncSync(this.fd))
  }

  recordDigests(first: bigint, digests: Buffer): void {
    const bytes = DIGEST_BYTES[this.start.checksum]
    const end = first + BigInt(digests.length / bytes)
    for (let block = first; block < end; ) {
      const stop = smaller(end, (block / CHUNK_BLOCKS + 1n) * CHUNK_BLOCKS)
      this.#extendRun(block, stop, digests.subarray(Number(block - first) * bytes, Number(stop - first) * bytes))
      block = stop
    }
  }

  recordVoid(first: bigint, count: bigint): void {
    this.#flushRun()
    const body = Buffer.alloc(16)
    body.writeBigUInt64LE(first, 0)
    body.writeBigUInt64LE(count, 8)
    this.#append(RECORD.void, body)
    this.#index.addVoid(first, first + count)
  }

  recordRange(range: RangeEnd): void {
    this.#ranges.push(range)
    this.#append(RECORD.range, rangeBody(range))
  }

  /** Says what the file is now; its data must be on disk. */
  sealAs(seal: KeptSeal): void {
    this.#flushRun()
    // The digests are on disk before what makes them valid.
    this.#writing(() => fdatasyncSync(this.fd))
    this.#append(RECORD.seal, encodeSeal(seal))
    this.#writing(() => fsyncSync(this.fd))
    this.#seal = seal
  }

  close(): void {
    closeSync(this.fd)
  }

  #newIndex(): KeptIndex {
    return new KeptIndex(DIGEST_BYTES[this.start.checksum], (position, bytes) => readAll(this.fd, Buffer.alloc(bytes), position))
  }

  #load(): void {
    const records = scanRecords(this.fd)
    let next = records.next()
    const start = next.done || next.value.type !== RECORD.start ? null : decodeStart(next.value.body)
    const fits = start?.blockSize === this.start.blockSize && start.checksum === this.start.checksum
    if (fits) for (next = records.next(); !next.done; next = records.next()) this.#replay(next.value)
    const isFull = this.#index.refCount > RECORDS_MAX && this.#seal?.finished !== false
    if (!fits || isFull || !next.done) this.clear()
    else this.#truncate(next.value)
  }

  /** What follows the last whole record is left over from a crash. */
  #truncate(end: number): void {
    this.#end = end
    ftruncateSync(this.fd, end)
    crashPoint('kept.trimmed')
  }

  #replay({ type, body, position }: KeptRecord): void {
    this.#seal = null
    if (type === RECORD.digests) {
      const count = (body.length - 8) / DIGEST_BYTES[this.start.checksum]
      this.#index.addDigests(body.readBigUInt64LE(0), count, position + 8)
    } else if (type === RECORD.void) {
      const first = body.readBigUInt64LE(0)
      this.#index.addVoid(first, first + body.readBigUInt64LE(8))
    } else if (type === RECORD.begin) {
      const begin = decodeBegin(body)
      if (begin !== null) this.#apply(begin, false)
    } else if (type === RECORD.range) {
      this.#ranges.push({ start: body.readBigUInt64LE(0), end: body.readBigUInt64LE(8), digest: Buffer.from(body.subarray(16)) })
    } else if (type === RECORD.seal) this.#seal = decodeSeal(body)
  }

  #apply(begin: KeptBegin, resume: boolean): void {
    this.#seal = null
    this.#begin = begin
    if (!resume) this.#ranges = []
    this.#index.forgetFrom(begin.validBlocks)
  }

  /** Joins neighbouring blocks of a chunk into one record. */
  #extendRun(first: bigint, end: bigint, digests: Buffer): void {
    const run = this.#run
    if (run !== null && run.first + run.count === first && run.first / CHUNK_BLOCKS === first / CHUNK_BLOCKS) {
      run.digests.push(digests)
      run.count += end - first
      return
    }
    this.#flushRun()
    this.#run = { first, digests: [digests], count: end - first }
  }

  #flushRun(): void {
    const run = this.#run
    if (run === null) return
    this.#run = null
    const head = Buffer.alloc(8)
    head.writeBigUInt64LE(run.first, 0)
    const position = this.#append(RECORD.digests, Buffer.concat([head, ...run.digests]))
    this.#index.addDigests(run.first, Number(run.count), position + 8)
  }

  #writing(write: () => void): void {
    try {
      write()
    } catch (error) {
      throw writeFailure(`keeping block digests in ${this.path}`, error)
    }
  }

  /** Gives the place of the body. */
  #append(type: number, body: Buffer): number {
    const at = this.#end
    const record = encodeRecord(at, type, body)
    this.#writing(() => {
      for (let written = 0; written < record.length; ) written += writeSync(this.fd, record, written, record.length - written, at + written)
    })
    crashPoint('kept.written')
    this.#end = at + record.length
    return at + 5
  }
}

function rangeBody({ start, end, digest }: RangeEnd): Buffer {
  const bounds = Buffer.alloc(16)
  bounds.writeBigUInt64LE(start, 0)
  bounds.writeBigUInt64LE(end, 8)
  return Buffer.concat([bounds, digest])
}
