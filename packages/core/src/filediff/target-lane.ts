import { Allowance } from './allowance.js'
import type { Piece } from './answer-book.js'
import { AsyncQueue } from './async-queue.js'
import { type BlockGrid, blocksOf } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import { encodeDigests, encodeFrame, encodeRange, encodeRun, encodeTargetHello, FRAME, type RangeEnd } from './codec.js'
import type { EarlyReads } from './early-reads.js'
import { type ByteRange, type Checksum, DIGEST_BYTES } from './filediff-types.js'
import type { KeptBlocks } from './kept-index.js'
import { withBuffer } from './lane-receiver.js'
import type { LaneBlocks } from './lane-types.js'
import type { TransferPlan } from './range-plan.js'
import type { ServingEvent, SourceSession } from './source-session.js'
import { planPieces } from './target-pieces.js'
import { TaskGroup } from './task-group.js'

export interface LaneContext {
  readonly fd: number
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly plan: TransferPlan
  readonly digestsMax: number
  readonly pool: BlockPool
  /** What is known of the target's blocks without reading, or null. */
  readonly lookup: ((first: bigint, end: bigint) => KeptBlocks) | null
  /** What was read before the source was there, or null. */
  readonly early: EarlyReads | null
  /** The next range that nobody has begun; undefined when there is none. */
  nextRange(): ByteRange | undefined
  /** The target now has these blocks, on their way to the disk. */
  has(blocks: LaneBlocks): void
  rangeDone(range: RangeEnd): void
  /** A write did not succeed: what the file holds there is not known. */
  changeFailed(): void
}

/** One channel's share of a transfer: asks about ranges as long as there are any, while the session's thread does what is answered. */
export class TargetLane {
  readonly #pending: Allowance
  readonly #digestBytes: number
  readonly #reads = new TaskGroup((error) => this.session.fail(error))
  #openRanges = 0
  #allAsked = false
  #allAnswered: () => void = () => undefined

  private constructor(
    private readonly session: SourceSession,
    private readonly context: LaneContext,
  ) {
    this.#digestBytes = DIGEST_BYTES[context.checksum]
    this.#pending = new Allowance(context.plan.pendingLimit)
  }

  /** Runs a lane to its end: see `#run`. */
  static run(session: SourceSession, context: LaneContext): Promise<void> {
    return new TargetLane(session, context).#run()
  }

  /** Returns when all ranges that it took are answered, compared, and written. Whatever is under way has ended by then, also after a failure. */
  async #run(): Promise<void> {
    const { session } = this
    const { fd, grid, checksum, plan } = this.context
    const answered = new Promise<void>((resolve) => {
      this.#allAnswered = resolve
    })
    session.serve({ fd, grid, checksum, windowBytes: plan.windowBytes }, (event) => this.#take(event))
    try {
      session.writer.write(encodeTargetHello({ checksum, ...plan }))
      session.failed.catch((error: unknown) => this.#pending.fail(error))
      await Promise.race([this.#ask(), session.failed])
      await Promise.race([answered, session.failed])
      await Promise.race([session.close(), session.failed])
    } catch (error) {
      throw await session.failWith(error)
    } finally {
      await Promise.all([this.#reads.drained(), session.stopped])
      if (session.changeFailed) this.context.changeFailed()
    }
  }

  async #ask(): Promise<void> {
    for (let range = this.context.nextRange(); range !== undefined; range = this.context.nextRange()) await this.#askRange(range)
    this.session.writer.write(encodeFrame(FRAME.bye, Buffer.alloc(0)))
    this.#allAsked = true
    this.#checkAnswered()
  }

  async #askRange(range: ByteRange): Promise<void> {
    const { writer } = this.session
    this.#openRanges += 1
    this.session.tell({ kind: 'range', range, end: blocksOf(this.context.grid, range).end })
    writer.write(encodeRange(range))
    for await (const piece of this.#piecesOf(range)) {
      await this.#pending.take(piece.kind === 'void' ? 1 : piece.digests.length / this.#digestBytes)
      await writer.ready()
      this.session.tell({ kind: 'piece', piece })
      if (piece.kind === 'digests') writer.write(encodeDigests(piece.first, piece.digests, this.context.checksum))
      else writer.write(encodeRun(FRAME.void, { first: piece.first, count: piece.end - piece.first }))
    }
  }

  /** The pieces of a range in order, read ahead. */
  async *#piecesOf(range: ByteRange): AsyncGenerator<Piece> {
    const pieces = new AsyncQueue<{ readonly piece: Promise<Piece> }>()
    const reads = new Allowance(2 * this.context.pool.size + 2)
    this.session.failed.catch((error: unknown) => reads.fail(error))
    const planning = planPieces(range, { ...this.context, reads }, (piece) => {
      this.#reads.add(piece)
      pieces.push({ piece })
    })
    planning.then(
      () => pieces.end(),
      (error: unknown) => pieces.fail(error),
    )
    for await (const { piece } of pieces) {
      yield await piece
      reads.give(1)
    }
  }

  #take(event: ServingEvent): void {
    if (event.kind === 'answered') this.#pending.give(event.count)
    else if (event.kind === 'range') this.#rangeEnd(event.range)
    else this.#has(event)
  }

  #has(blocks: LaneBlocks): void {
    this.context.has(blocks.kind === 'same' ? { ...blocks, piece: withBuffer(blocks.piece) } : blocks)
    if (blocks.kind === 'data') this.session.giveCredit(Number(blocks.bytes))
  }

  #rangeEnd({ start, end, digest }: RangeEnd): void {
    this.#openRanges -= 1
    this.context.rangeDone({ start, end, digest: Buffer.from(digest) })
    this.#checkAnswered()
  }

  #checkAnswered(): void {
    if (!this.#allAsked || this.#openRanges > 0) return
    this.session.expectEnd()
    this.#allAnswered()
  }
}
