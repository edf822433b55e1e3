import { createPool } from '../workers/thread-pool.js'
import { compareDigests, type ReadBlocks } from './block.job.js'
import { addon, fileEnded, GAP_BYTES, readFailed } from './block-file.js'
import type { BlockJobInput, BlockJobOutput, BlockPool, Blocks } from './block-job-types.js'
import { type Checksum, SPAN_BYTES } from './filediff-types.js'
import { Turns } from './turns.js'

/** Threads for the blocks of large files: those of the addon where it knows the hash, which cost nothing to start, otherwise `size` of our own. */
export function openBlockPool(checksum: Checksum, size: number): BlockPool {
  return checksum === 'xxh128' ? nativeBlockPool(size) : createPool('block', {}, size)
}

/** Of the four threads of the addon one is left for what is read once more, for which everything else waits. */
const LONG_READS_AT_ONCE = 3

/** Reads and hashes in the addon; `size` says how many threads are worth being kept busy. */
export function nativeBlockPool(size: number): BlockPool {
  const memories = new Map<number, SharedArrayBuffer>()
  const turns = new Turns(LONG_READS_AT_ONCE)
  const read = (input: Blocks, memory: BlockMemory | null): Promise<ReadBlocks> =>
    input.bytes > SPAN_BYTES ? turns.run(() => readBlocks(input, memory)) : readBlocks(input, memory)
  const run = async (input: BlockJobInput): Promise<BlockJobOutput> => {
    switch (input.kind) {
      case 'attach':
        memories.set(input.memoryId, input.memory)
        return null
      case 'detach':
        memories.delete(input.memoryId)
        return null
      case 'extent':
        return addon().findExtent(input.fd, input.start, input.end, GAP_BYTES)
      case 'digest':
        return (await read(input, null)).digests
      case 'compare': {
        const { memory: place, bytes, digests } = input
        const memory = place === null ? null : new Uint8Array(memories.get(place.memoryId)!, place.offset, bytes)
        return compareDigests(await read(input, memory === null ? null : { bytes: memory, expected: digests }), digests)
      }
    }
  }
  return { size, capacity: size, run, runOn: (_workerIndex, input) => run(input), close: async () => undefined }
}

/** Where blocks with other digests than `expected` are kept. */
interface BlockMemory {
  readonly bytes: Uint8Array
  readonly expected: Uint8Array | null
}

async function readBlocks({ fd, offset, bytes, blockSize }: Blocks, memory: BlockMemory | null): Promise<ReadBlocks> {
  const read = await addon()
    .xxh128File({ fd, offset, length: bytes, blockSize }, memory?.bytes, memory?.expected)
    .catch((error: unknown) => {
      throw readFailed(offset, error)
    })
  if (read.bytes < bytes) throw fileEnded(offset + BigInt(read.bytes))
  return read
}
