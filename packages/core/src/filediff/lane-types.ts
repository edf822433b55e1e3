import type { MessagePort } from 'node:worker_threads'
import type { ErrorData, Pool } from '../workers/worker-types.js'
import type { Piece } from './answer-book.js'
import type { BlockGrid } from './block-grid.js'
import type { RangeEnd } from './codec.js'
import type { ChannelOutput } from './data-channel.js'
import type { ByteRange, Checksum } from './filediff-types.js'

/** What a thread does for one channel: it reads what the source says to its end, and does it to the target file. */
export interface LaneInput {
  readonly output: ChannelOutput
  /** `LaneCommand`s come in here, batches of `LaneEvent`s go out. */
  readonly port: MessagePort
}

/** A thread for each channel. */
export type LanePool = Pool<LaneInput, null>

/** What the target is about to ask the source. Told before the source is asked, so that the answer finds it. */
export type LaneCommand =
  | ({ readonly kind: 'serve' } & LaneTarget)
  /** The pieces of a range follow; `end` is the block after its last one. */
  | { readonly kind: 'range'; readonly range: ByteRange; readonly end: bigint }
  | { readonly kind: 'piece'; readonly piece: Piece }

export interface LaneTarget {
  /** The target file. */
  readonly fd: number
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly windowBytes: number
  readonly pendingLimit: number
}

/** What the target now has, on its way to the disk. */
export type LaneBlocks =
  | { readonly kind: 'same'; readonly piece: Piece; readonly bytes: bigint }
  | { readonly kind: 'zero'; readonly first: bigint; readonly end: bigint; readonly bytes: bigint }
  /** Consecutive blocks. */
  | { readonly kind: 'data'; readonly first: bigint; readonly digests: Uint8Array; readonly bytes: bigint }

/** Bytes of blocks, by what was done about them. */
export type ByteCounts = Record<LaneBlocks['kind'], bigint>

export function noBytes(): ByteCounts {
  return { same: 0n, zero: 0n, data: 0n }
}

export type LaneEvent =
  /** When the answer to an echo was there: the thread that is told may be busy. */
  | { readonly kind: 'echoed'; readonly atMs: number }
  /** A message from before the first command. */
  | { readonly kind: 'greeting'; readonly type: number; readonly payload: Uint8Array }
  | LaneBlocks
  /** So many blocks, or messages about holes, are no longer pending. */
  | { readonly kind: 'answered'; readonly count: number }
  | { readonly kind: 'range'; readonly range: RangeEnd }
  /** The last event: the source has closed its end. */
  | { readonly kind: 'ended' }
  /** The last event. `changeFailed`: what the file holds is not known. */
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly changeFailed: boolean }
