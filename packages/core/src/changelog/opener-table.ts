import { PackedTable } from './packed-table.js'
import { OPENER_WORDS } from './touched-types.js'

const KEY_WORDS = 7
const COUNT = 7

/** Opens for writing minus closes, per FID, uid, gid and flags. A key whose count is 0 is not kept. */
export class OpenerTable {
  readonly #table = new PackedTable(KEY_WORDS, 1)

  get count(): number {
    return this.#table.count
  }

  /** Adds `delta` to the count of the key (FID, uid, gid, flags) that starts at `source[at]`. */
  add(source: Uint32Array, at: number, delta: number): void {
    const offset = this.#table.insert(source, at)
    const { words } = this.#table
    const count = (words[offset + COUNT]! | 0) + delta
    words[offset + COUNT] = count
    if (count === 0) this.#table.remove(offset)
  }

  visit(each: (words: Uint32Array, offset: number, count: number) => void): void {
    this.#table.visit((words, offset) => each(words, offset, words[offset + COUNT]! | 0))
  }

  merge(entries: Uint32Array): void {
    for (let at = 0; at < entries.length; at += OPENER_WORDS) this.add(entries, at, entries[at + COUNT]! | 0)
  }

  export(): Uint32Array {
    const entries = new Uint32Array(this.count * OPENER_WORDS)
    let filled = 0
    this.visit((words, offset) => {
      entries.set(words.subarray(offset, offset + OPENER_WORDS), filled)
      filled += OPENER_WORDS
    })
    return entries
  }
}
