import { type BlockGrid, blocksOf, offsetOf } from './block-grid.js'
import type { BlockPool, ComparedBlocks } from './block-job-types.js'
import type { ByteRange, Checksum } from './filediff-types.js'
import { DIGEST_BYTES } from './filediff-types.js'
import { planSpans } from './range-plan.js'
import { SegmentWalker } from './segment-walker.js'
import { placeOf, type Slot, type SlotPool } from './slot-pool.js'
import type { SourceRequest } from './source-inbox.js'

/** What the source has to say, in the order in which it was asked. */
export type SourceAnswer =
  | { readonly kind: 'begin'; readonly range: ByteRange }
  /** Only holes. `asked` = the target sent digests and has to make holes. */
  | { readonly kind: 'hole'; readonly first: bigint; readonly count: bigint; readonly asked: boolean }
  | { readonly kind: 'blocks'; readonly first: bigint; readonly asked: boolean; readonly slot: Slot; readonly compared: ComparedBlocks }
  | { readonly kind: 'end'; readonly range: ByteRange }
  /** Answers to a VOID message follow. */
  | { readonly kind: 'void' }

export interface AnswerContext {
  readonly fd: number
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly pool: BlockPool
  /** One slot holds one span. */
  readonly slots: SlotPool
}

/** Takes answers that are there or on their way, in order. */
export type GiveAnswer = (answer: SourceAnswer | Promise<SourceAnswer>) => void

/** Turns requests into answers: reading and hashing run ahead, as far as there are slots. */
export async function planAnswers(requests: AsyncIterable<SourceRequest>, context: AnswerContext, give: GiveAnswer): Promise<void> {
  const walker = new SegmentWalker(context.fd, context.grid, context.pool)
  let range: ByteRange | null = null
  for await (const request of requests) {
    if (request.kind === 'range') {
      range = request.range
      walker.beginRange(range)
      give({ kind: 'begin', range })
    } else {
      if (request.kind === 'void') give({ kind: 'void' })
      await answerBlocks(request, walker, context, give)
      const end = request.first + BigInt(request.count)
      if (end === blocksOf(context.grid, range!).end) give({ kind: 'end', range: range! })
    }
  }
}

async function answerBlocks(
  request: Exclude<SourceRequest, { kind: 'range' }>,
  walker: SegmentWalker,
  context: AnswerContext,
  give: GiveAnswer,
): Promise<void> {
  const asked = request.kind === 'digests'
  for await (const segment of walker.segments(request.first, request.first + BigInt(request.count))) {
    if (segment.kind === 'hole') {
      give({ kind: 'hole', first: segment.first, count: segment.end - segment.first, asked })
      continue
    }
    for (const span of planSpans(context.grid, segment.first, segment.end)) {
      const digests = asked ? digestsOf(request, span, context.checksum) : null
      give(compareSpan(span, digests, await context.slots.acquire(), context))
    }
  }
}

async function compareSpan(
  span: { readonly first: bigint; readonly bytes: number },
  digests: Uint8Array | null,
  slot: Slot,
  { fd, grid, checksum, pool }: AnswerContext,
): Promise<SourceAnswer> {
  const offset = offsetOf(grid, span.first)
  const { bytes } = span
  const input = { kind: 'compare', fd, offset, bytes, blockSize: grid.blockSize, checksum, digests, memory: placeOf(slot) } as const
  const compared = (await pool.run(input)) as ComparedBlocks
  return { kind: 'blocks', first: span.first, asked: digests !== null, slot, compared }
}

/** The digests of a request that belong to a span of it, copied: a view would take the whole message along to the other thread. */
function digestsOf(
  request: { readonly first: bigint; readonly digests: Buffer },
  span: { readonly first: bigint; readonly count: number },
  checksum: Checksum,
): Uint8Array {
  const bytes = DIGEST_BYTES[checksum]
  const start = Number(span.first - request.first) * bytes
  return new Uint8Array(request.digests.subarray(start, start + span.count * bytes))
}

/** How much less is pending for the target as soon as an answer goes out. */
export function answeredCount(answer: SourceAnswer): number {
  if (answer.kind === 'void') return 1
  if (answer.kind === 'hole') return answer.asked ? Number(answer.count) : 0
  if (answer.kind === 'blocks') return answer.asked ? answer.compared.outcomes.length : 0
  return 0
}
