import { findExtent, readFully } from './block-file.js'
import type { BlockJobInput, BlockJobOutput, Blocks, ComparedBlocks } from './block-job-types.js'
import { equalBytes } from './check-digest.js'
import { type Checksum, OUTCOME, SPAN_BYTES } from './filediff-types.js'
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
    if (buffer.length < bytes) buffer = Buffer.alloc(Math.max(bytes, SPAN_BYTES))
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
      case 'digest':
        return digestBlocks(input, scratch(input.bytes), await hasherOf(input.checksum))
      case 'compare':
        return compareBlocks(input, shared(input.memory, input.bytes), input.digests, await hasherOf(input.checksum))
    }
  }
}

function digestBlocks(blocks: Blocks, memory: Uint8Array, hasher: Hasher): Uint8Array {
  readFully(blocks.fd, memory, blocks.offset)
  const count = Math.ceil(blocks.bytes / blocks.blockSize)
  const digests = new Uint8Array(count * hasher.digestBytes)
  for (let index = 0; index < count; index += 1) {
    digests.set(hasher.digest(memory.subarray(index * blocks.blockSize, (index + 1) * blocks.blockSize)), index * hasher.digestBytes)
  }
  return digests
}

function compareBlocks(blocks: Blocks, memory: Uint8Array, theirs: Uint8Array | null, hasher: Hasher): ComparedBlocks {
  const digests = digestBlocks(blocks, memory, hasher)
  const outcomes = new Uint8Array(digests.length / hasher.digestBytes)
  for (let index = 0; index < outcomes.length; index += 1) {
    const start = index * hasher.digestBytes
    const same = theirs !== null && equalBytes(digests, theirs, start, start + hasher.digestBytes)
    const zero = isZero(memory, index * blocks.blockSize, (index + 1) * blocks.blockSize)
    outcomes[index] = zero ? OUTCOME.zero : same ? OUTCOME.same : OUTCOME.data
  }
  return { outcomes, digests }
}
