import type { Pool } from '../workers/worker-types.js'
import type { ByteRange, Checksum } from './filediff-types.js'
import type { SharedPlace } from './slot-pool.js'

/** What a worker does with an open file. Memory is shared: nothing of a block is copied between threads. */
export type BlockJobInput =
  /** Memory that later jobs name by its number. */
  | { readonly kind: 'attach'; readonly memoryId: number; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'detach'; readonly memoryId: number }
  /** Where data begin and end at or after `start`; null when only a hole follows up to `end`. */
  | { readonly kind: 'extent'; readonly fd: number; readonly start: bigint; readonly end: bigint }
  /** Digests of the blocks that the target has. */
  | (Blocks & { readonly kind: 'digest' })
  /** Compares blocks of the source with `digests`; null = the target has zeros there. What differs is kept in shared memory, where there is any. */
  | (Blocks & { readonly kind: 'compare'; readonly digests: Uint8Array | null; readonly memory: SharedPlace | null })

export interface Blocks {
  readonly fd: number
  readonly offset: bigint
  readonly bytes: number
  readonly blockSize: number
  readonly checksum: Checksum
}

export interface ComparedBlocks {
  /** `OUTCOME` of each block. */
  readonly outcomes: Uint8Array
  /** Digest of each block, whatever its outcome. */
  readonly digests: Uint8Array
}

export type BlockJobOutput = ByteRange | Uint8Array | ComparedBlocks | null

/** Threads that read and hash blocks. */
export type BlockPool = Pool<BlockJobInput, BlockJobOutput>
