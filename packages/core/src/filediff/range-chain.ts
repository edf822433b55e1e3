import { createHash } from 'node:crypto'
import type { RangeEnd } from './codec.js'

/** Digest of a range: over number and digest of each block that is not zero, in ascending order. */
export class RangeChain {
  readonly #hash = createHash('sha256')

  constructor(private readonly digestBytes: number) {}

  /** Adds consecutive blocks. */
  add(first: bigint, digests: Uint8Array): void {
    const count = digests.length / this.digestBytes
    const entryBytes = 8 + this.digestBytes
    const entries = Buffer.alloc(count * entryBytes)
    for (let index = 0; index < count; index += 1) {
      entries.writeBigUInt64LE(first + BigInt(index), index * entryBytes)
      entries.set(digests.subarray(index * this.digestBytes, (index + 1) * this.digestBytes), index * entryBytes + 8)
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
