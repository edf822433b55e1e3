import type { Allowance } from './allowance.js'
import type { Piece } from './answer-book.js'
import { type BlockGrid, blocksOf, offsetOf } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import type { EarlyReads } from './early-reads.js'
import { type ByteRange, type Checksum, DIGEST_BYTES } from './filediff-types.js'
import type { KeptBlocks } from './kept-index.js'
import { planReads } from './range-plan.js'
import type { SegmentWalker } from './segment-walker.js'

export interface PieceContext {
  readonly fd: number
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly pool: BlockPool
  /** What is known without reading, or null. */
  readonly lookup: ((first: bigint, end: bigint) => KeptBlocks) | null
  readonly walker: SegmentWalker
  /** What was read before the source was there, or null. */
  readonly early: EarlyReads | null
  /** Most digests of one message. */
  readonly digestsMax: number
  /** How many reads may be under way; whoever takes a piece gives one back. */
  readonly reads: Allowance
}

/** Says what the target has of a range, in ascending order; blocks that are not known are read ahead. */
export async function planPieces(range: ByteRange, context: PieceContext, give: (piece: Promise<Piece>) => void): Promise<void> {
  const { first, end } = blocksOf(context.grid, range)
  const { walker } = context
  walker.beginRange(range)
  for (let block = first; block < end; ) {
    const known: KeptBlocks = context.lookup?.(block, end) ?? { kind: 'unknown', first: block, end }
    if (known.kind === 'unknown') await readPieces(known, walker, context, give)
    else for (const piece of split(known, context)) await giveOne(Promise.resolve(piece), context, give)
    block = known.end
  }
}

async function readPieces(
  blocks: { readonly first: bigint; readonly end: bigint },
  walker: SegmentWalker,
  context: PieceContext,
  give: (piece: Promise<Piece>) => void,
): Promise<void> {
  for await (const { kind, first, end } of walker.segments(blocks.first, blocks.end)) {
    if (kind === 'hole') {
      await giveOne(Promise.resolve({ kind: 'void', first, end, known: false }), context, give)
      continue
    }
    for (const span of planReads(context.grid, first, end)) {
      const limit = context.digestsMax * context.grid.blockSize
      const parts = Math.ceil(span.bytes / limit)
      for (let part = 0; part < parts; part += 1) {
        const bytes = Math.min(limit, span.bytes - part * limit)
        await context.reads.take(1)
        give(readSpan(span.first + BigInt(part * context.digestsMax), bytes, context))
      }
    }
  }
}

async function giveOne(piece: Promise<Piece>, context: PieceContext, give: (piece: Promise<Piece>) => void): Promise<void> {
  await context.reads.take(1)
  give(piece)
}

async function readSpan(first: bigint, bytes: number, { fd, grid, checksum, pool, early }: PieceContext): Promise<Piece> {
  const input = { kind: 'digest', fd, offset: offsetOf(grid, first), bytes, blockSize: grid.blockSize, checksum } as const
  const digests = (await early?.take(first, bytes, grid.blockSize)) ?? ((await pool.run(input)) as Uint8Array)
  const end = first + BigInt(digests.length / DIGEST_BYTES[checksum])
  return { kind: 'digests', first, end, digests: Buffer.from(digests.buffer, digests.byteOffset, digests.length), known: false }
}

/** Cuts known digests to the size of a message. */
function* split(known: Exclude<KeptBlocks, { kind: 'unknown' }>, context: PieceContext): Generator<Piece> {
  if (known.kind === 'void') return yield { ...known, kind: 'void', known: true }
  const digestBytes = DIGEST_BYTES[context.checksum]
  const count = known.digests.length / digestBytes
  for (let at = 0; at < count; at += context.digestsMax) {
    const stop = Math.min(at + context.digestsMax, count)
    const digests = known.digests.subarray(at * digestBytes, stop * digestBytes)
    yield { kind: 'digests', first: known.first + BigInt(at), end: known.first + BigInt(stop), digests, known: true }
  }
}
