import { PackedTable } from './packed-table.js'
import { FID_WORDS, TOUCHED_WORDS } from './touched-types.js'

/** The set of touched FIDs with the bits of each (`Touched`), 27 to 54 bytes an entry. */
export class TouchedTable {
  readonly #table: PackedTable

  constructor(entriesExpected = 0) {
    this.#table = new PackedTable(FID_WORDS, 1, entriesExpected)
  }

  get count(): number {
    return this.#table.count
  }

  /** Adds `bits` (not 0) to those of the FID that starts at `source[at]`. */
  add(source: Uint32Array, at: number, bits: number): void {
    const offset = this.#table.insert(source, at) + FID_WORDS
    this.#table.words[offset]! |= bits
  }

  /** The bits of a FID; 0 when it is not in the set. */
  bitsOf(source: Uint32Array, at = 0): number {
    const offset = this.#table.find(source, at)
    return offset === -1 ? 0 : this.#table.words[offset + FID_WORDS]!
  }

  visit(each: (words: Uint32Array, offset: number, bits: number) => void): void {
    this.#table.visit((words, offset) => each(words, offset, words[offset + FID_WORDS]!))
  }

  /** Adds entries (FID, bits). */
  merge(entries: Uint32Array): void {
    for (let at = 0; at < entries.length; at += TOUCHED_WORDS) this.add(entries, at, entries[at + FID_WORDS]!)
  }

  /** All entries (FID, bits) by group, each group in an array that `allocate` makes for so many words. */
  group(
    groupCount: number,
    groupOf: (words: Uint32Array, offset: number) => number,
    allocate: (words: number) => Uint32Array,
  ): Uint32Array[] {
    const counts = new Uint32Array(groupCount)
    this.#table.visit((words, offset) => {
      counts[groupOf(words, offset)]! += 1
    })
    const groups = Array.from(counts, (count) => allocate(count * TOUCHED_WORDS))
    const filled = new Uint32Array(groupCount)
    this.#table.visit((words, offset) => {
      const group = groupOf(words, offset)
      const entries = groups[group]!
      const at = filled[group]!
      for (let word = 0; word < TOUCHED_WORDS; word += 1) entries[at + word] = words[offset + word]!
      filled[group] = at + TOUCHED_WORDS
    })
    return groups
  }
}
