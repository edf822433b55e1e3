import { findExtent, readFully } from './block-file.js'
import type { BlockJobInput, BlockJobOutput, Blocks, ComparedBlocks } from './block-job-types.js'
import { equalBytes } from './check-digest.js'
import { type Checksum, OUTCOME } from './filediff-types.js'
import { type Hasher, openHasher } from './hashes.js'
import type { SharedPlace } from './slot-pool.js'
import { isZero } from './zero-pages.js'

/** Reads and hashes blocks; keeps its hashes and one buffer between jobs. */
export function createBlockJob(): (input: BlockJobInput) => Promise<BlockJobOutput> {
  const hashers = new Map<Checksum, Promise<Hasher>>()
  const memories = new Map<number, SharedArrayBuffer>()
  let buffer = Buffer.alloc(0)
  const shared = ({ memoryId, offset }: SharedPlace, bytes: number) => Buffer.from(memories.get(memoryId)!, offset, bytes)
  const hasherOf = (checksum: Checksum) => {
    const hasher = hashers.get(checksum) ?? openHasher(checksum)
    hashers.set(checksum, hasher)
    return hasher
  }
  const scratch = (bytes: number) => {
    if (buffer.length < bytes) buffer = Buffer.allocUnsafeSlow(bytes)
    return buffer.subarray(0, bytes)
  }
  return async (input) => {
    switch (input.kind) {
      case 'attach':
        memories.set(input.memoryId, input.memory)
        return null
      case 'detach':
        memories.delete(input.memoryId)
        return null
      case 'extent':
        return findExtent(input.fd, input)
      case 'digest': {
        const memoryOf = (start: number, end: number) => scratch(end - start)
        return readBlocks(input, memoryOf, await hasherOf(input.checksum)).digests
      }
      case 'compare': {
        const memory = input.memory === null ? null : shared(input.memory, input.bytes)
        const memoryOf = (start: number, end: number) => memory?.subarray(start, end) ?? scratch(end - start)
        return compareDigests(readBlocks(input, memoryOf, await hasherOf(input.checksum)), input.digests)
      }
    }
  }
}

export interface ReadBlocks {
  /** Digest of each block. */
  readonly digests: Uint8Array
  /** 1 for each block that holds nothing but zeros. */
  readonly zero: Uint8Array
}

/** One block after the other, so that what was read is hashed while it is in the processor's cache. */
function readBlocks(blocks: Blocks, memoryOf: (start: number, end: number) => Uint8Array, hasher: Hasher): ReadBlocks {
  const count = Math.ceil(blocks.bytes / blocks.blockSize)
  const digests = new Uint8Array(count * hasher.digestBytes)
  const zero = new Uint8Array(count)
  for (let index = 0; index < count; index += 1) {
    const start = index * blocks.blockSize
    const block = memoryOf(start, Math.min(start + blocks.blockSize, blocks.bytes))
    readFully(blocks.fd, block, blocks.offset + BigInt(start))
    digests.set(hasher.digest(block), index * hasher.digestBytes)
    zero[index] = isZero(block, 0, block.length) ? 1 : 0
  }
  return { digests, zero }
}

/** What to answer about each block when the target has `theirs`; null = it has zeros. */
export function compareDigests({ digests, zero }: ReadBlocks, theirs: Uint8Array | null): ComparedBlocks {
  const outcomes = new Uint8Array(zero.length).fill(OUTCOME.data)
  // Mostly nothing differs, which is known at once then.
  const allSame = theirs !== null && Buffer.compare(digests, theirs.subarray(0, digests.length)) === 0
  const digestBytes = digests.length / zero.length
  for (let index = 0; index < outcomes.length; index += 1) {
    const start = index * digestBytes
    if (zero[index] === 1) outcomes[index] = OUTCOME.zero
    else if (allSame || (theirs !== null && equalBytes(digests, theirs, start, start + digestBytes))) outcomes[index] = OUTCOME.same
  }
  return { outcomes, digests }
}
