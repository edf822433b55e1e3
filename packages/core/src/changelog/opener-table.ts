import { PackedTable } from './packed-table.js'
import { OPENER_WORDS } from './touched-types.js'

const KEY_WORDS = 7
const COUNT = 7
/** Low word of the last record's index; then its high word times two, plus one when that record is an OPEN. */
const LAST_LOW = 8
const LAST_HIGH = 9

/** A record of one MDT. The records of a key are all in the log of one MDT, so that their indexes tell which is the last. */
export interface RecordIndex {
  readonly low: number
  readonly high: number
}

/** What a key was before any record. */
export const BEFORE_ALL: RecordIndex = { low: 0, high: 0 }

/**
 * Opens for writing minus closes, per FID, uid, gid and flags, added up in any order. Lustre records the first open of a key and its last close:
 * a key whose last record is an OPEN is open, whatever the sum says (a CLOSE whose OPEN was never recorded makes it too small).
 */
export class OpenerTable {
  readonly #table = new PackedTable(KEY_WORDS, OPENER_WORDS - KEY_WORDS)

  get count(): number {
    return this.#table.count
  }

  /** Adds `delta` to the count of the key (FID, uid, gid, flags) that starts at `source[at]`: of an OPEN above 0, of a CLOSE below. */
  add(source: Uint32Array, at: number, delta: number, recno: RecordIndex): void {
    this.#add(source, at, delta, recno.low, recno.high * 2 + (delta > 0 ? 1 : 0))
  }

  /** `openCount`: 0 = closed. */
  visit(each: (words: Uint32Array, offset: number, openCount: number) => void): void {
    this.#table.visit((words, offset) => each(words, offset, openCountAt(words, offset)))
  }

  merge(entries: Uint32Array): void {
    for (let at = 0; at < entries.length; at += OPENER_WORDS) {
      this.#add(entries, at, entries[at + COUNT]! | 0, entries[at + LAST_LOW]!, entries[at + LAST_HIGH]!)
    }
  }

  export(): Uint32Array {
    const entries = new Uint32Array(this.count * OPENER_WORDS)
    let filled = 0
    this.#table.visit((words, offset) => {
      entries.set(words.subarray(offset, offset + OPENER_WORDS), filled)
      filled += OPENER_WORDS
    })
    return entries
  }

  #add(source: Uint32Array, at: number, delta: number, low: number, high: number): void {
    const offset = this.#table.insert(source, at)
    const { words } = this.#table
    const count = (words[offset + COUNT]! | 0) + delta
    words[offset + COUNT] = count
    const [lastLow, lastHigh] = [words[offset + LAST_LOW]!, words[offset + LAST_HIGH]!]
    const [highNow, highLast] = [high >>> 1, lastHigh >>> 1]
    if (highNow > highLast || (highNow === highLast && low >= lastLow)) {
      words[offset + LAST_LOW] = low
      words[offset + LAST_HIGH] = high
    }
    // Opened and closed: nothing to remember. Should an older record still come, the key may count as open for a while, never as closed.
    if (count === 0 && (words[offset + LAST_HIGH]! & 1) === 0) this.#table.remove(offset)
  }
}

function openCountAt(words: Uint32Array, offset: number): number {
  return Math.max(words[offset + COUNT]! | 0, words[offset + LAST_HIGH]! & 1)
}
