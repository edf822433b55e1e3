import { PackedTable, shardOf } from './packed-table.js'
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

  /** Adds entries as `exportShards` gives them. */
  merge(entries: Uint32Array): void {
    for (let at = 0; at < entries.length; at += TOUCHED_WORDS) this.add(entries, at, entries[at + FID_WORDS]!)
  }

  /** All entries (FID, bits) by shard, in memory that threads share; those that `skip` names are left out. */
  exportShards(shardCount: number, skip: (words: Uint32Array, offset: number, bits: number) => boolean): Uint32Array[] {
    const counts = new Array<number>(shardCount).fill(0)
    this.visit((words, offset, bits) => {
      if (!skip(words, offset, bits)) counts[shardOf(words, offset, shardCount)]! += 1
    })
    const shards = counts.map((count) => new Uint32Array(new SharedArrayBuffer(count * TOUCHED_WORDS * 4)))
    const filled = new Array<number>(shardCount).fill(0)
    this.visit((words, offset, bits) => {
      if (skip(words, offset, bits)) return
      const shard = shardOf(words, offset, shardCount)
      shards[shard]!.set(words.subarray(offset, offset + TOUCHED_WORDS), filled[shard])
      filled[shard]! += TOUCHED_WORDS
    })
    return shards
  }
}
