const FULL_PERCENT = 75
const SMALLEST_SLOTS = 64

/**
 * Hash table from keys of 32-bit words to values of 32-bit words, all in one typed array: no object per entry, however many there are.
 * A key begins with a FID (four words, little-endian halves of the packed form), which is never zero: a slot whose FID is zero is free.
 * Open addressing with linear probing; it grows at three quarters full.
 */
export class PackedTable {
  readonly entryWords: number
  #words: Uint32Array
  #slotMask: number
  #count = 0

  constructor(
    readonly keyWords: number,
    readonly valueWords: number,
    entriesExpected = 0,
  ) {
    this.entryWords = keyWords + valueWords
    const slots = slotsFor(entriesExpected)
    this.#words = new Uint32Array(slots * this.entryWords)
    this.#slotMask = slots - 1
  }

  get count(): number {
    return this.#count
  }

  /** The array that offsets refer to. It is another one after an insertion: never keep it across one. */
  get words(): Uint32Array {
    return this.#words
  }

  /** Offset of the entry with the key that starts at `source[at]`; -1 when there is none. The value follows the key. */
  find(source: Uint32Array, at = 0): number {
    const offset = this.#probe(source, at)
    return this.#isFree(offset) ? -1 : offset
  }

  /** Offset of the entry, made with a value of zeros when there was none. */
  insert(source: Uint32Array, at = 0): number {
    let offset = this.#probe(source, at)
    if (!this.#isFree(offset)) return offset
    if ((this.#count + 1) * 100 > (this.#slotMask + 1) * FULL_PERCENT) {
      this.#grow()
      offset = this.#probe(source, at)
    }
    for (let word = 0; word < this.keyWords; word += 1) this.#words[offset + word] = source[at + word]!
    this.#count += 1
    return offset
  }

  /** Removes the entry at `offset` and closes the hole behind it, so that no search ends too early. */
  remove(offset: number): void {
    const { entryWords } = this
    const size = this.#words.length
    let hole = offset
    for (let next = (hole + entryWords) % size; !this.#isFree(next); next = (next + entryWords) % size) {
      const home = (hashWords(this.#words, next, this.keyWords) & this.#slotMask) * entryWords
      // An entry may move into the hole unless its home lies (cyclically) behind the hole.
      if ((next - home + size) % size >= (next - hole + size) % size) {
        this.#words.copyWithin(hole, next, next + entryWords)
        hole = next
      }
    }
    this.#words.fill(0, hole, hole + entryWords)
    this.#count -= 1
  }

  /** Calls `each` with the offset of every entry; the table must not be changed meanwhile. */
  visit(each: (words: Uint32Array, offset: number) => void): void {
    const words = this.#words
    for (let offset = 0; offset < words.length; offset += this.entryWords) if (!this.#isFree(offset)) each(words, offset)
  }

  #probe(source: Uint32Array, at: number): number {
    const { keyWords, entryWords } = this
    const words = this.#words
    let offset = (hashWords(source, at, keyWords) & this.#slotMask) * entryWords
    while (!this.#isFree(offset)) {
      let word = 0
      while (word < keyWords && words[offset + word] === source[at + word]) word += 1
      if (word === keyWords) return offset
      offset += entryWords
      if (offset === words.length) offset = 0
    }
    return offset
  }

  #isFree(offset: number): boolean {
    const words = this.#words
    return (words[offset]! | words[offset + 1]! | words[offset + 2]! | words[offset + 3]!) === 0
  }

  #grow(): void {
    const before = this.#words
    const { entryWords } = this
    this.#words = new Uint32Array(before.length * 2)
    this.#slotMask = this.#slotMask * 2 + 1
    for (let offset = 0; offset < before.length; offset += entryWords) {
      if ((before[offset]! | before[offset + 1]! | before[offset + 2]! | before[offset + 3]!) === 0) continue
      const place = this.#probe(before, offset)
      for (let word = 0; word < entryWords; word += 1) this.#words[place + word] = before[offset + word]!
    }
  }
}

/** The parts that everything kept by FID can be divided into; shards are ranges of them. */
export const PARTITION_COUNT = 4096
const NEIGHBOUR_BITS = 6
const PARTITION_SHIFT = 20

/**
 * Partition of a FID. Neighbours (64 object numbers) have the same: they were made together and mostly lie in the same folder, which is then resolved
 * once for all of them.
 */
export function partitionOf(words: Uint32Array, at: number): number {
  let hash = Math.imul(words[at]! ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ words[at + 1]!, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ (words[at + 2]! >>> NEIGHBOUR_BITS), 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ words[at + 3]!, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> PARTITION_SHIFT
}

/** Which of `shardCount` (at most `PARTITION_COUNT`) shards a FID belongs to. */
export function shardOf(words: Uint32Array, at: number, shardCount: number): number {
  return shardOfPartition(partitionOf(words, at), shardCount)
}

export function shardOfPartition(partition: number, shardCount: number): number {
  return Math.floor((partition * shardCount) / PARTITION_COUNT)
}

/** 32 bits, each depending on every word: FIDs differ in few bits, mostly in their third word. */
function hashWords(words: Uint32Array, at: number, count: number): number {
  let hash = 0x9e3779b9
  for (let word = 0; word < count; word += 1) {
    hash = Math.imul(hash ^ words[at + word]!, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function slotsFor(entriesExpected: number): number {
  let slots = SMALLEST_SLOTS
  while (entriesExpected * 100 > slots * FULL_PERCENT) slots *= 2
  return slots
}
