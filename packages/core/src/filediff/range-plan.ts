import { type BlockGrid, bytesOf, smaller } from './block-grid.js'
import { type ByteRange, READ_BYTES, SHORT_READS_BYTES, SPAN_BYTES, WINDOW_BYTES_MAX } from './filediff-types.js'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB

const LARGE_BLOCK_SIZE = 256 * KIB
const HUGE_BLOCK_SIZE = MIB
/** Small enough to be done once more, when a lane leaves one behind. */
const LARGE_RANGE_BYTES = BigInt(128 * MIB)
const HUGE_RANGE_BYTES = BigInt(16 * GIB)
/** Of a huge file, at least: a channel that is done early takes over from the others. */
const RANGES_PER_CHANNEL = 4n
/** More ranges than this are made larger instead: a list of them is kept in memory. */
const RANGE_COUNT_MAX = 65536n
const WINDOW_BYTES = 64 * MIB
/** What a channel must let through without waiting: the window of blocks, their heads, and small messages. */
export const CHANNEL_WINDOW_BYTES = WINDOW_BYTES + 4 * MIB

/** What may be asked without an answer: more than is read and hashed in a long round trip, at a few MiB of digests. */
const PENDING_BYTES = 2 * GIB
const PENDING_BLOCKS = 2 ** 18

/** Over a long way, with the system's ssh: 2 MiB in each of about twelve round trips. */
const CARRIED_MEANWHILE_BYTES = BigInt(24 * MIB)

/** Channels for a file that is worth several: more gain nothing once both ends are busy. */
export function hugeChannelCount(nprocs: number): number {
  return Math.min(Math.max(nprocs, 1), 4)
}

export interface PlanOptions {
  /** null = chosen from the size. */
  readonly blockSize: number | null
  /** From this size on blocks and ranges are larger and run on more channels. */
  readonly hugefileSizeBytes: bigint
  readonly hugeChannelCount: number
  /** Limits of what is under way; chosen where not given. */
  readonly windowBytes?: number
  readonly pendingLimit?: number
  readonly carriedMeanwhileBytes?: bigint
}

export interface TransferPlan {
  readonly blockSize: number
  /** Multiple of the block size. */
  readonly rangeBytes: bigint
  readonly channelCount: number
  readonly windowBytes: number
  readonly pendingLimit: number
  /** What a channel carries at most while a wider one is made. */
  readonly carriedMeanwhileBytes: bigint
}

/** How a file of this size is cut. The same size and options always give the same plan, so that an interrupted transfer finds its ranges again. */
export function planTransfer(size: bigint, options: PlanOptions): TransferPlan {
  const huge = size >= options.hugefileSizeBytes
  const blockSize = options.blockSize ?? (huge ? HUGE_BLOCK_SIZE : LARGE_BLOCK_SIZE)
  const share = size / (RANGES_PER_CHANNEL * BigInt(options.hugeChannelCount))
  const rangeBytes = rangeBytesFor(size, huge ? smaller(HUGE_RANGE_BYTES, share) : LARGE_RANGE_BYTES, BigInt(blockSize))
  return {
    blockSize,
    rangeBytes,
    channelCount: huge ? options.hugeChannelCount : 1,
    windowBytes: options.windowBytes ?? Math.min(Math.max(WINDOW_BYTES, 4 * blockSize), WINDOW_BYTES_MAX),
    pendingLimit: options.pendingLimit ?? Math.min(PENDING_BLOCKS, Math.max(64, Math.ceil(PENDING_BYTES / blockSize))),
    carriedMeanwhileBytes: options.carriedMeanwhileBytes ?? CARRIED_MEANWHILE_BYTES,
  }
}

function rangeBytesFor(size: bigint, wanted: bigint, blockSize: bigint): bigint {
  let bytes = (wanted / blockSize > 0n ? wanted / blockSize : 1n) * blockSize
  while (size / bytes > RANGE_COUNT_MAX) bytes *= 2n
  return bytes
}

/** The ranges of `bounds`, ascending. All but the first and the last begin and end at multiples of `rangeBytes`. */
export function planRanges(bounds: ByteRange, rangeBytes: bigint): readonly ByteRange[] {
  const ranges: ByteRange[] = []
  for (let start = bounds.start; start < bounds.end; ) {
    const next = (start / rangeBytes + 1n) * rangeBytes
    const end = smaller(next, bounds.end)
    ranges.push({ start, end })
    start = end
  }
  return ranges
}

/** Blocks that are looked at in one job. */
export interface Span {
  readonly first: bigint
  readonly count: number
  readonly bytes: number
}

/** Of a long read, so that its digests fit in one message. */
const READ_BLOCKS_MAX = 512

/** Cuts blocks into spans whose bytes are kept, aligned to the grid of spans. */
export function planSpans(grid: BlockGrid, first: bigint, end: bigint): Generator<Span> {
  return cut(grid, { first, end }, () => spanBlocks(grid))
}

/** Cuts blocks into what is read at once where only digests are kept. Where a read begins and ends depends on its place alone, but for `first` and `end`. */
export function planReads(grid: BlockGrid, first: bigint, end: bigint): Generator<Span> {
  const short = spanBlocks(grid)
  const long = Math.max(short, Math.min(READ_BLOCKS_MAX, Math.floor(READ_BYTES / grid.blockSize)))
  const longFrom = BigInt(Math.ceil(SHORT_READS_BYTES / grid.blockSize))
  return cut(grid, { first, end }, (block) => (block < longFrom ? short : long))
}

function spanBlocks({ blockSize }: BlockGrid): number {
  return Math.max(1, Math.floor(SPAN_BYTES / blockSize))
}

function* cut(grid: BlockGrid, blocks: { first: bigint; end: bigint }, blocksAt: (block: bigint) => number): Generator<Span> {
  for (let block = blocks.first; block < blocks.end; ) {
    const step = BigInt(blocksAt(block))
    const stop = smaller((block / step + 1n) * step, blocks.end)
    yield { first: block, count: Number(stop - block), bytes: Number(bytesOf(grid, block, stop - block)) }
    block = stop
  }
}
