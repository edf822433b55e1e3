import { Migrations } from '../changelog/migrations.js'
import { FID_WORDS } from '../changelog/touched-types.js'
import { type Fid, fidOfWords, packFids } from '../types/fid.js'

/** The identities that an inode has in S0 and in S1, where MIGRT records gave it new ones. */
export class Identities {
  readonly #migrations: Migrations

  /** `pairs` as `Migrations` takes them. */
  constructor(pairs: Uint32Array) {
    this.#migrations = new Migrations(pairs)
  }

  /** Whether the FID at `words[at]` was given up for another one in the interval. */
  isOld(words: Uint32Array, at: number): boolean {
    return this.#migrations.count > 0 && this.#migrations.isOld(words, at)
  }

  newest(fid: Fid): Fid {
    if (this.#migrations.count === 0) return fid
    const words = wordsOf(fid)
    return this.#migrations.toNewest(words, 0) ? fidOfWords(words) : fid
  }

  /** The identity that the inode had in S0. */
  oldest(fid: Fid): Fid {
    if (this.#migrations.count === 0) return fid
    const words = wordsOf(fid)
    return this.#migrations.toOldest(words, 0) ? fidOfWords(words) : fid
  }

  /** Packed FIDs (four words each) as S0 knows them. */
  inBase(words: Uint32Array): Uint32Array {
    if (this.#migrations.count === 0) return words
    const copy = words.slice()
    for (let at = 0; at < copy.length; at += FID_WORDS) this.#migrations.toOldest(copy, at)
    return copy
  }

  /** Packed FIDs of S0 (four words each) as S1 knows them. */
  inSnapshot(words: Uint32Array): Uint32Array {
    if (this.#migrations.count === 0) return words
    const copy = words.slice()
    for (let at = 0; at < copy.length; at += FID_WORDS) this.#migrations.toNewest(copy, at)
    return copy
  }
}

/** Four words of a FID in text. */
export function wordsOf(fid: Fid): Uint32Array {
  return wordsOfAll([fid])
}

/** Four words of each. */
export function wordsOfAll(fids: readonly Fid[]): Uint32Array {
  return new Uint32Array(Uint8Array.from(packFids(fids)).buffer)
}

/** The same memory as bytes. */
export function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}
