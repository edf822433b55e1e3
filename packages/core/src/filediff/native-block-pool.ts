import { XXH128_LENGTH_MIN } from '@lustrebackup/lustreapi/binding'
import { createPool } from '../workers/thread-pool.js'
import { compareDigests, type ReadBlocks } from './block.job.js'
import { addon, fileEnded, GAP_BYTES, readFailed, readFully } from './block-file.js'
import type { BlockJobInput, BlockJobOutput, BlockPool, Blocks } from './block-job-types.js'
import type { Checksum } from './filediff-types.js'
import { openHasher } from './hashes.js'
import { isZero } from './zero-pages.js'

/** Threads for the blocks of large files: those of the addon where it knows the hash, which cost nothing to start, otherwise `size` of our own. */
export function openBlockPool(checksum: Checksum, size: number): BlockPool {
  return checksum === 'xxh128' ? nativeBlockPool(size) : createPool('block', {}, size)
}

/** Reads and hashes in the addon; `size` says how many threads are worth being kept busy. */
export function nativeBlockPool(size: number): BlockPool {
  const memories = new Map<number, SharedArrayBuffer>()
  const short = shortBlockReader()
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
        return (await readBlocks(input, null, short)).digests
      case 'compare': {
        const memory = new Uint8Array(memories.get(input.memory.memoryId)!, input.memory.offset, input.bytes)
        return compareDigests(await readBlocks(input, { bytes: memory, expected: input.digests }, short), input.digests)
      }
    }
  }
  return { size, run, runOn: (_workerIndex, input) => run(input), close: async () => undefined }
}

/** Where blocks with other digests than `expected` are kept. */
interface BlockMemory {
  readonly bytes: Uint8Array
  readonly expected: Uint8Array | null
}

type ShortBlockReader = (blocks: Blocks, memory: Uint8Array) => Promise<ReadBlocks>

/** Blocks of a file; a last one that is too short for the addon comes from `short`. */
async function readBlocks(blocks: Blocks, memory: BlockMemory | null, short: ShortBlockReader): Promise<ReadBlocks> {
  const tail = blocks.bytes % blocks.blockSize
  const tailBytes = tail < XXH128_LENGTH_MIN ? tail : 0
  const length = blocks.bytes - tailBytes
  const main = length > 0 ? await readLong({ ...blocks, bytes: length }, memory) : { digests: new Uint8Array(0), zero: new Uint8Array(0) }
  if (tailBytes === 0) return main
  const rest = { ...blocks, offset: blocks.offset + BigInt(length), bytes: tailBytes }
  const last = await short(rest, memory?.bytes.subarray(length) ?? Buffer.alloc(tailBytes))
  return { digests: Buffer.concat([main.digests, last.digests]), zero: Buffer.concat([main.zero, last.zero]) }
}

async function readLong({ fd, offset, bytes, blockSize }: Blocks, memory: BlockMemory | null): Promise<ReadBlocks> {
  const read = await addon()
    .xxh128File({ fd, offset, length: bytes, blockSize }, memory?.bytes, memory?.expected)
    .catch((error: unknown) => {
      throw readFailed(offset, error)
    })
  if (read.bytes < bytes) throw fileEnded(offset + BigInt(read.bytes))
  return read
}

/** Reads a few bytes in this thread. */
function shortBlockReader(): ShortBlockReader {
  const hasher = openHasher('xxh128')
  return async (blocks, memory) => {
    readFully(blocks.fd, memory, blocks.offset)
    return { digests: (await hasher).digest(memory), zero: Buffer.from([isZero(memory, 0, memory.length) ? 1 : 0]) }
  }
}
