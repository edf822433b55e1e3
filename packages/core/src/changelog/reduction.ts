import type { Migrations } from './migrations.js'
import { OpenerTable } from './opener-table.js'
import { OFFSET } from './record-layout.js'
import { type TouchedRoom, TouchedSet } from './touched-set.js'
import { TouchedTable } from './touched-table.js'
import { FID_WORDS, MIGRATION_WORDS, Touched } from './touched-types.js'

const PAIRS_AT_FIRST = 64

/** What a reader of the log collects from the records that it is given, in any order. */
export class Reduction {
  readonly touched: TouchedSet
  openers = new OpenerTable()
  #pairs = new Uint32Array(PAIRS_AT_FIRST * MIGRATION_WORDS)
  #pairWords = 0
  readonly #key = new Uint32Array(FID_WORDS + 3)
  /** High word of the `time` of records from which on a change of data also sets `recheck`. */
  readonly tailTimeWord: number

  /** A full map looks at everything: what is missing between records costs it nothing. */
  readonly acceptsGaps: boolean

  /** `tailSeconds` (unix): what is younger belongs to the tail of the log, which only a full map asks for. null = for an incremental one. */
  constructor(room: TouchedRoom, tailSeconds: number | null = null) {
    this.touched = new TouchedSet(room)
    this.acceptsGaps = tailSeconds !== null
    this.tailTimeWord = tailSeconds === null ? 2 ** 32 : Math.floor(tailSeconds / 4)
  }

  /** Adds bits to the packed FID at `at`; the zero FID names nothing. */
  touch(view: DataView, at: number, bits: number): void {
    if (this.#loadFid(view, at)) this.touched.add(this.#key, 0, bits)
  }

  /** The inode at `from` is now the one at `to`; the zero FID names none. */
  migrate(view: DataView, from: number, to: number): void {
    if (!this.#loadFid(view, from) || !this.#loadFid(view, to)) return
    if (this.#pairWords === this.#pairs.length) this.#growPairs()
    for (let word = 0; word < FID_WORDS; word += 1) {
      this.#pairs[this.#pairWords + word] = view.getUint32(from + 4 * word, true)
      this.#pairs[this.#pairWords + FID_WORDS + word] = view.getUint32(to + 4 * word, true)
    }
    this.#pairWords += MIGRATION_WORDS
  }

  /** `record`: where the OPEN (`delta` 1) or CLOSE (-1) begins. */
  countOpen(view: DataView, record: number, uid: number, gid: number, flags: number, delta: number): void {
    if (!this.#loadFid(view, record + OFFSET.tfid)) return
    this.#key[4] = uid
    this.#key[5] = gid
    this.#key[6] = flags
    const recno = { low: view.getUint32(record + OFFSET.index, true), high: view.getUint32(record + OFFSET.index + 4, true) }
    this.openers.add(this.#key, 0, delta, recno)
  }

  /** Old FID, new FID, of every MIGRT record. */
  get migrationPairs(): Uint32Array {
    return this.#pairs.slice(0, this.#pairWords)
  }

  /** Gives what was recorded under an older identity to the newest one. The old entries stay; whoever reads them leaves them out. */
  applyMigrations(migrations: Migrations): void {
    if (migrations.count === 0) return
    const renewed = new TouchedTable()
    this.touched.visit((words, offset, bits) => {
      this.#key.set(words.subarray(offset, offset + FID_WORDS))
      if (migrations.toNewest(this.#key, 0)) renewed.add(this.#key, 0, bits)
    })
    renewed.visit((words, offset, bits) => this.touched.add(words, offset, bits))
  }

  /** The openers so far, which are forgotten here: whoever adds them up elsewhere sees what other readers saw closed. */
  takeOpeners(): Uint32Array {
    const entries = this.openers.export()
    this.openers = new OpenerTable()
    return entries
  }

  #loadFid(view: DataView, at: number): boolean {
    const key = this.#key
    key[0] = view.getUint32(at, true)
    key[1] = view.getUint32(at + 4, true)
    key[2] = view.getUint32(at + 8, true)
    key[3] = view.getUint32(at + 12, true)
    return (key[0] | key[1] | key[2] | key[3]) !== 0
  }

  #growPairs(): void {
    const before = this.#pairs
    this.#pairs = new Uint32Array(before.length * 2)
    this.#pairs.set(before)
  }
}

/** Made and removed within the interval: neither snapshot has it. */
export function isTemporary(bits: number): boolean {
  return (bits & Touched.created) !== 0 && (bits & Touched.lastLinkGone) !== 0
}
