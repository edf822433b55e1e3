import { createHash } from 'node:crypto'
import type { RangeEnd } from './codec.js'

const WORD_BYTES = 4
const WORD = 2 ** 32
/** The number of a block. */
const NUMBER_WORDS = 2

/** Digest of a range: over number and digest of each block that is not zero, in ascending order. */
export class RangeChain {
  readonly #hash = createHash('sha256')

  constructor(private readonly digestBytes: number) {}

  /** Adds consecutive blocks, by words: there are many of them. The number of a block is below 2^51, as a block has 4 KiB or more. */
  add(first: bigint, digests: Uint8Array): void {
    const digestWords = this.digestBytes / WORD_BYTES
    const own = new Uint32Array(new Uint8Array(digests).buffer)
    const entries = new Uint32Array((own.length / digestWords) * (NUMBER_WORDS + digestWords))
    const view = new DataView(entries.buffer)
    let block = Number(first)
    for (let from = 0, to = 0; from < own.length; block += 1) {
      view.setUint32(to * WORD_BYTES, block, true)
      view.setUint32((to + 1) * WORD_BYTES, Math.floor(block / WORD), true)
      to += NUMBER_WORDS
      for (const end = from + digestWords; from < end; from += 1, to += 1) entries[to] = own[from]!
    }
    this.#hash.update(entries)
  }

  finish(): Buffer {
    return this.#hash.digest()
  }
}

/** Digest of a whole file from those of its ranges, in whatever order they were finished. */
export function wholeDigest(ranges: readonly RangeEnd[]): Buffer {
  const hash = createHash('sha256')
  for (const { start, end, digest } of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const bounds = Buffer.alloc(16)
    bounds.writeBigUInt64LE(start, 0)
    bounds.writeBigUInt64LE(end, 8)
    hash.update(bounds).update(digest)
  }
  return hash.digest()
}
