import { type BlockGrid, blocksOf } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import type { ByteRange } from './filediff-types.js'
import { SegmentWalker } from './segment-walker.js'
import type { SourceRequest } from './source-inbox.js'
import type { BlocksAnswer, SourceReads } from './source-reads.js'

/** What the source has to say, in the order in which it was asked. */
export type SourceAnswer =
  | { readonly kind: 'begin'; readonly range: ByteRange }
  /** Only holes. `asked` = the target sent digests and has to make holes. */
  | { readonly kind: 'hole'; readonly first: bigint; readonly count: bigint; readonly asked: boolean }
  | BlocksAnswer
  | { readonly kind: 'end'; readonly range: ByteRange }
  /** Answers to a VOID message follow. */
  | { readonly kind: 'void' }

export interface AnswerContext {
  readonly fd: number
  readonly grid: BlockGrid
  readonly pool: BlockPool
  readonly reads: SourceReads
}

/** Takes answers that are there or on their way, in order. */
export type GiveAnswer = (answer: SourceAnswer | Promise<SourceAnswer>) => void

/** Turns requests into answers: reading and hashing run ahead. */
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
  { reads }: AnswerContext,
  give: GiveAnswer,
): Promise<void> {
  const asked = request.kind === 'digests'
  const digestBytes = asked ? request.digests.length / request.count : 0
  for await (const { kind, first, end } of walker.segments(request.first, request.first + BigInt(request.count))) {
    const digests = asked ? request.digests.subarray(Number(first - request.first) * digestBytes) : null
    if (kind === 'hole') give({ kind: 'hole', first, count: end - first, asked })
    else await reads.begin({ first, end, digests }, give)
  }
}

/** How much less is pending for the target as soon as an answer goes out. */
export function answeredCount(answer: SourceAnswer): number {
  if (answer.kind === 'void') return 1
  if (answer.kind === 'hole') return answer.asked ? Number(answer.count) : 0
  if (answer.kind === 'blocks') return answer.asked ? answer.compared.outcomes.length : 0
  return 0
}
