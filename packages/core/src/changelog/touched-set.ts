import { join } from 'node:path'
import { shardOf } from './packed-table.js'
import { readEntries, sliceOf, type TouchedEntries, type TouchedRun, writeRun } from './touched-run.js'
import { TouchedTable } from './touched-table.js'
import { FID_WORDS, TOUCHED_WORDS } from './touched-types.js'

/** A run is read in so many pieces: it was as large as the memory allows. */
const PIECES = 64

/** How much of a touched set stays in memory, and where the rest goes. */
export interface TouchedRoom {
  readonly entriesInMemory: number
  /** An empty folder that is removed afterwards, and a name in it that nobody else uses. */
  readonly folder: string
  readonly name: string
}

/** Touched FIDs, more of them than fit into memory: when it is full it goes to disk as a run, and the bits of equal FIDs are united where shards are read. */
export class TouchedSet {
  #table = new TouchedTable()
  readonly #runs: TouchedRun[] = []
  #countOnDisk = 0

  constructor(private readonly room: TouchedRoom) {}

  /** Entries; a FID counts again in every run that has it. */
  get count(): number {
    return this.#table.count + this.#countOnDisk
  }

  add(source: Uint32Array, at: number, bits: number): void {
    this.#table.add(source, at, bits)
  }

  merge(entries: Uint32Array): void {
    this.#table.merge(entries)
    this.spillIfFull()
  }

  /** To be called now and then: nothing goes to disk in between. */
  spillIfFull(): void {
    if (this.#table.count >= this.room.entriesInMemory) this.#spill()
  }

  /** Calls `each` for every entry, of which equal FIDs may have several. */
  visit(each: (words: Uint32Array, offset: number, bits: number) => void): void {
    this.#table.visit(each)
    for (const run of this.#runs) {
      for (let piece = 0; piece < PIECES; piece += 1) {
        const words = readEntries(sliceOf(run, piece, PIECES))
        for (let at = 0; at < words.length; at += TOUCHED_WORDS) each(words, at, words[at + FID_WORDS]!)
      }
    }
  }

  /** What belongs to each shard. Nothing stays in memory of a set that did not fit. */
  export(shardCount: number): TouchedEntries[][] {
    if (this.#runs.length === 0) {
      const ofShard = (words: Uint32Array, offset: number) => shardOf(words, offset, shardCount)
      return this.#table.group(shardCount, ofShard, sharedWords).map((entries) => [entries])
    }
    this.#spill()
    return Array.from({ length: shardCount }, (_, shard) => this.#runs.map((run) => sliceOf(run, shard, shardCount)))
  }

  #spill(): void {
    if (this.#table.count === 0) return
    this.#runs.push(writeRun(join(this.room.folder, `${this.room.name}.${this.#runs.length}`), this.#table))
    this.#countOnDisk += this.#table.count
    this.#table = new TouchedTable()
  }
}

function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT))
}
