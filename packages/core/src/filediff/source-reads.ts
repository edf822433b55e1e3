import { Allowance } from './allowance.js'
import { type BlockGrid, offsetOf } from './block-grid.js'
import type { BlockPool, ComparedBlocks } from './block-job-types.js'
import { type Checksum, DIGEST_BYTES, OUTCOME, SPAN_BYTES } from './filediff-types.js'
import { planReads, planSpans, type Span } from './range-plan.js'
import { type Slot, SlotPool } from './slot-pool.js'

/** What was found about blocks of the source file. */
export interface BlocksAnswer {
  readonly kind: 'blocks'
  readonly first: bigint
  /** The target sent digests and has to make holes. */
  readonly asked: boolean
  /** The bytes of blocks that differ; null where only digests were kept. */
  readonly slot: Slot | null
  readonly compared: ComparedBlocks
}

export interface ReadsContext {
  readonly fd: number
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly pool: BlockPool
}

/** Blocks that the target has told about; `digests` null = it has zeros there. */
interface AskedBlocks {
  readonly first: bigint
  readonly end: bigint
  readonly digests: Uint8Array | null
}

/** From so many of the blocks that were looked at last on, it is better to keep what differs than to read it once more. */
const DATA_SHARE_MAX = 1 / 8

/**
 * Reads blocks of the source file and compares them, ahead of what is said about them. While little differs, much is read at once and only
 * digests are kept: what differs is read once more when it is said, from the page cache. Otherwise less is read at once, and kept.
 */
export class SourceReads {
  readonly #ahead: Allowance
  readonly #digestBytes: number
  #keeps = true

  private constructor(
    private readonly context: ReadsContext,
    private readonly slots: SlotPool,
    /** For what is read once more. Never waits for what is said later. */
    private readonly onceMore: SlotPool,
  ) {
    this.#ahead = new Allowance(readsAhead(context.pool))
    this.#digestBytes = DIGEST_BYTES[context.checksum]
  }

  static async open(context: ReadsContext): Promise<SourceReads> {
    const slotBytes = Math.max(context.grid.blockSize, SPAN_BYTES)
    const open = (slotCount: number) => SlotPool.open(context.pool, slotBytes, slotCount)
    return new SourceReads(context, await open(readsAhead(context.pool)), await open(1))
  }

  /** Begins to compare blocks, in order, as far ahead as there is room. */
  async begin({ first, end, digests }: AskedBlocks, give: (answer: Promise<BlocksAnswer>) => void): Promise<void> {
    const digestsOf = (span: Span) => digests && this.#slice(digests, span.first - first, span.count)
    for (const read of planReads(this.context.grid, first, end)) {
      if (digests !== null && !this.#keeps) {
        await this.#ahead.take(1)
        give(this.#learn(this.#compare(read, digestsOf(read), null)))
        continue
      }
      for (const span of planSpans(this.context.grid, read.first, read.first + BigInt(read.count))) {
        give(this.#learn(this.#compare(span, digestsOf(span), await this.slots.acquire())))
      }
    }
  }

  /** What to say in the end, with the bytes of all that differs. To be asked in the order of the blocks. */
  async *complete(answer: BlocksAnswer): AsyncGenerator<BlocksAnswer> {
    if (answer.slot !== null) return yield answer
    const { outcomes, digests } = answer.compared
    for (const { start, end, outcome } of runsOf(outcomes)) {
      const first = answer.first + BigInt(start)
      if (outcome === OUTCOME.data) yield* this.#onceMore(first, answer.first + BigInt(end))
      else
        yield { ...answer, first, compared: { outcomes: outcomes.subarray(start, end), digests: this.#slice(digests, start, end - start) } }
    }
    this.#ahead.give(1)
  }

  async *#onceMore(first: bigint, end: bigint): AsyncGenerator<BlocksAnswer> {
    for (const span of planSpans(this.context.grid, first, end)) {
      yield { ...(await this.#compare(span, null, await this.onceMore.acquire())), asked: true }
    }
  }

  async #compare(span: Span, digests: Uint8Array | null, slot: Slot | null): Promise<BlocksAnswer> {
    const { fd, grid, checksum, pool } = this.context
    const blocks = { fd, offset: offsetOf(grid, span.first), bytes: span.bytes, blockSize: grid.blockSize, checksum }
    const memory = slot && { memoryId: slot.memoryId, offset: slot.offset }
    const compared = (await pool.run({ kind: 'compare', ...blocks, digests, memory })) as ComparedBlocks
    return { kind: 'blocks', first: span.first, asked: digests !== null, slot, compared }
  }

  async #learn(comparing: Promise<BlocksAnswer>): Promise<BlocksAnswer> {
    const answer = await comparing
    const { outcomes } = answer.compared
    this.#keeps = outcomes.filter((outcome) => outcome === OUTCOME.data).length > outcomes.length * DATA_SHARE_MAX
    return answer
  }

  /** The digests of some blocks, copied: a view would take all that it is a view of along to another thread. */
  #slice(digests: Uint8Array, first: bigint | number, count: number): Uint8Array {
    const start = Number(first) * this.#digestBytes
    return new Uint8Array(digests.subarray(start, start + count * this.#digestBytes))
  }
}

/** Two reads for each thread: one that it reads, one that is being sent. */
function readsAhead({ size }: BlockPool): number {
  return 2 * size + 2
}

/** Blocks that follow each other and have the same outcome. */
export function* runsOf(outcomes: Uint8Array): Generator<{ readonly start: number; readonly end: number; readonly outcome: number }> {
  for (let start = 0; start < outcomes.length; ) {
    const outcome = outcomes[start]!
    let end = start + 1
    while (end < outcomes.length && outcomes[end] === outcome) end += 1
    yield { start, end, outcome }
    start = end
  }
}
