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
      case 'digest':
        return digestBlocks(input, scratch, await hasherOf(input.checksum))
      case 'compare':
        return compareBlocks(input, shared(input.memory, input.bytes), input.digests, await hasherOf(input.checksum))
    }
  }
}

/** One block after the other, so that what was read is hashed while it is in the processor's cache. `use` sees each block and its digest. */
function readBlocks(
  blocks: Blocks,
  memoryOf: (start: number, end: number) => Uint8Array,
  hasher: Hasher,
  use: (block: Uint8Array, index: number) => void,
) {
  const count = Math.ceil(blocks.bytes / blocks.blockSize)
  const digests = new Uint8Array(count * hasher.digestBytes)
  for (let index = 0; index < count; index += 1) {
    const start = index * blocks.blockSize
    const block = memoryOf(start, Math.min(start + blocks.blockSize, blocks.bytes))
    readFully(blocks.fd, block, blocks.offset + BigInt(start))
    digests.set(hasher.digest(block), index * hasher.digestBytes)
    use(block, index)
  }
  return digests
}

function digestBlocks(blocks: Blocks, scratch: (bytes: number) => Uint8Array, hasher: Hasher): Uint8Array {
  return readBlocks(
    blocks,
    (start, end) => scratch(end - start),
    hasher,
    () => undefined,
  )
}

function compareBlocks(blocks: Blocks, memory: Uint8Array, theirs: Uint8Array | null, hasher: Hasher): ComparedBlocks {
  const outcomes = new Uint8Array(Math.ceil(blocks.bytes / blocks.blockSize)).fill(OUTCOME.data)
  const memoryOf = (start: number, end: number) => memory.subarray(start, end)
  const digests = readBlocks(blocks, memoryOf, hasher, (block, index) => {
    if (isZero(block, 0, block.length)) outcomes[index] = OUTCOME.zero
  })
  for (let index = 0; index < outcomes.length; index += 1) {
    const start = index * hasher.digestBytes
    const same = theirs !== null && equalBytes(digests, theirs, start, start + hasher.digestBytes)
    if (same && outcomes[index] === OUTCOME.data) outcomes[index] = OUTCOME.same
  }
  return { outcomes, digests }
}
