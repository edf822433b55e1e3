import { findExtent, readFully } from '../filediff/block-file.js'
import { smaller } from '../filediff/block-grid.js'
import type { ByteRange } from '../filediff/filediff-types.js'
import type { Hasher } from '../filediff/hashes.js'

/** A file is hashed in blocks, and its blocks in segments, so that many threads can work on one file. Part of the format. */
export const BLOCK_BYTES = 4 * 1024 * 1024
export const SEGMENT_BYTES = 64 * 1024 * 1024
/** Smaller parts are read, whether or not they have holes: looking for these costs more. */
const HOLES_FROM_BYTES = 16n * 1024n * 1024n

/** Hashes parts of open files; keeps one buffer. Not for two at a time. */
export class ContentHasher {
  readonly #memory = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  readonly #zeroDigests = new Map<number, Uint8Array>()

  constructor(private readonly hasher: Hasher) {}

  /** Digest of a part of at most SEGMENT_BYTES that begins at a multiple of it. A file that ends before is an error. */
  segment(fd: number, { start, end }: ByteRange): Uint8Array {
    const digests: Uint8Array[] = []
    const findsHoles = end - start >= HOLES_FROM_BYTES
    let data: ByteRange | null = { start, end: start }
    for (let at = start; at < end || digests.length === 0; at += BigInt(BLOCK_BYTES)) {
      const bytes = Number(smaller(end - at, BigInt(BLOCK_BYTES)))
      if (findsHoles && data !== null && data.end <= at) data = findExtent(fd, { start: at, end })
      const isHole = findsHoles && (data === null || data.start >= at + BigInt(bytes))
      digests.push(isHole ? this.#zeros(bytes) : this.#block(fd, at, bytes))
    }
    return this.combine(digests)
  }

  /** The digest of one is its own; that of several is the digest of all of theirs, one after the other. */
  combine(digests: readonly Uint8Array[]): Uint8Array {
    return digests.length === 1 ? digests[0]! : this.hasher.digest(Buffer.concat(digests))
  }

  #block(fd: number, offset: bigint, bytes: number): Uint8Array {
    const block = this.#memory.subarray(0, bytes)
    readFully(fd, block, offset)
    return this.hasher.digest(block)
  }

  #zeros(bytes: number): Uint8Array {
    const known = this.#zeroDigests.get(bytes)
    if (known !== undefined) return known
    const digest = this.hasher.digest(this.#memory.fill(0, 0, bytes).subarray(0, bytes))
    this.#zeroDigests.set(bytes, digest)
    return digest
  }
}

/** The segments of a file; one, empty, for an empty file. */
export function* segmentsOf(size: bigint): Generator<ByteRange> {
  let start = 0n
  do {
    const end = smaller(size, start + BigInt(SEGMENT_BYTES))
    yield { start, end }
    start = end
  } while (start < size)
}
