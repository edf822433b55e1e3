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
import { type ByteCounts, type LaneBlocks, noBytes } from './lane-types.js'
import type { TransferPlan } from './range-plan.js'
import type { RangeSupply } from './range-supply.js'
import { SegmentWalker } from './segment-walker.js'
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
  readonly ranges: RangeSupply
  /** The target now has these blocks, on their way to the disk. */
  has(blocks: LaneBlocks): void
  /** So much of what it has is in a range that the lane gives back: it will be asked about once more. */
  hasNot(bytes: ByteCounts): void
  rangeDone(range: RangeEnd): void
  /** A write did not succeed: what the file holds there is not known. */
  changeFailed(): void
}

/** What the source is asked, in order. */
type Question = { readonly kind: 'range'; readonly range: ByteRange } | { readonly kind: 'piece'; readonly piece: Promise<Piece> }

/** One channel's share of a transfer: asks about ranges as long as there are any, while the session's thread does what is answered. */
export class TargetLane {
  /** Settles when all ranges that it took are answered, compared, and written, or given back. Whatever is under way has ended by then, also after a failure. */
  readonly ended: Promise<void>
  readonly #pending: Allowance
  readonly #readAhead: Allowance
  readonly #digestBytes: number
  readonly #reads = new TaskGroup((error) => this.session.fail(error))
  /** Ranges that it took and that are not answered yet, in the order in which they are asked about. */
  readonly #ranges: ByteRange[] = []
  /** What it has of the first of them. */
  #hasOfRange = noBytes()
  readonly #questions = new AsyncQueue<Question>()
  #allAsked = false
  #left = false
  #allAnswered: () => void = () => undefined

  constructor(
    private readonly session: SourceSession,
    private readonly context: LaneContext,
  ) {
    this.#digestBytes = DIGEST_BYTES[context.checksum]
    this.#pending = new Allowance(context.plan.pendingLimit)
    this.#readAhead = new Allowance(2 * context.pool.size + 2)
    this.ended = this.#run()
  }

  /** Ends the lane although not everything is answered; what it has not finished goes back to the supply. */
  leave(): void {
    if (this.#left || (this.#allAsked && this.#ranges.length === 0)) return
    this.#left = true
    this.context.ranges.leave()
    this.session.leave()
    this.#stopAsking(new Error('the lane was left'))
    this.#allAnswered()
  }

  async #run(): Promise<void> {
    const { session } = this
    const { fd, grid, checksum, plan } = this.context
    const answered = new Promise<void>((resolve) => {
      this.#allAnswered = resolve
    })
    session.serve({ fd, grid, checksum, windowBytes: plan.windowBytes, pendingLimit: plan.pendingLimit }, (event) => this.#take(event))
    try {
      session.writer.write(encodeTargetHello({ checksum, ...plan }))
      session.failed.catch((error: unknown) => this.#stopAsking(error))
      await Promise.race([this.#ask(), session.failed])
      await Promise.race([answered, session.failed])
      await Promise.race([session.close(), session.failed])
    } catch (error) {
      throw await session.failWith(error)
    } finally {
      await Promise.all([this.#reads.drained(), session.stopped])
      if (session.changeFailed) this.context.changeFailed()
      if (this.#left) this.#giveBack()
    }
  }

  #stopAsking(error: unknown): void {
    this.#pending.fail(error)
    this.#readAhead.fail(error)
    this.#questions.fail(error)
  }

  #giveBack(): void {
    this.context.hasNot(this.#hasOfRange)
    this.context.ranges.giveBack(this.#ranges)
  }

  async #ask(): Promise<void> {
    try {
      this.#readAll()
      for await (const question of this.#questions) await this.#askOne(question)
      this.session.writer.write(encodeFrame(FRAME.bye, Buffer.alloc(0)))
      this.#allAsked = true
      this.#checkAnswered()
    } catch (error) {
      if (!this.#left) throw error
    }
  }

  async #askOne(question: Question): Promise<void> {
    const { session } = this
    if (question.kind === 'range') {
      const { range } = question
      session.tell({ kind: 'range', range, end: blocksOf(this.context.grid, range).end })
      session.writer.write(encodeRange(range))
      return
    }
    const piece = await question.piece
    this.#readAhead.give(1)
    await this.#pending.take(piece.kind === 'void' ? 1 : piece.digests.length / this.#digestBytes)
    await session.writer.ready()
    session.tell({ kind: 'piece', piece })
    if (piece.kind === 'digests') session.writer.write(encodeDigests(piece.first, piece.digests, this.context.checksum))
    else session.writer.write(encodeRun(FRAME.void, { first: piece.first, count: piece.end - piece.first }))
  }

  /** What is to be asked, read ahead: also beyond the end of a range. */
  #readAll(): void {
    this.#plan().then(
      () => this.#questions.end(),
      (error: unknown) => this.#questions.fail(error),
    )
  }

  async #plan(): Promise<void> {
    const { fd, grid, pool, early, ranges } = this.context
    const walker = new SegmentWalker(fd, grid, pool, early?.extent)
    const context = { ...this.context, walker, reads: this.#readAhead }
    for (let range = await ranges.take(); range !== undefined; range = await ranges.take()) {
      if (this.#left) return ranges.comeBack(range)
      this.#ranges.push(range)
      this.#questions.push({ kind: 'range', range })
      await planPieces(range, context, (piece) => {
        this.#reads.add(piece)
        this.#questions.push({ kind: 'piece', piece })
      })
    }
  }

  #take(event: ServingEvent): void {
    if (event.kind === 'answered') this.#pending.give(event.count)
    else if (event.kind === 'range') this.#rangeEnd(event.range)
    else this.#has(event)
  }

  #has(blocks: LaneBlocks): void {
    const has = blocks.kind === 'same' ? { ...blocks, piece: withBuffer(blocks.piece) } : blocks
    this.#hasOfRange[blocks.kind] += blocks.bytes
    this.context.has(has)
    if (blocks.kind === 'data') this.session.giveCredit(Number(blocks.bytes))
  }

  #rangeEnd({ start, end, digest }: RangeEnd): void {
    this.#ranges.shift()
    this.#hasOfRange = noBytes()
    this.context.rangeDone({ start, end, digest: Buffer.from(digest) })
    this.#checkAnswered()
  }

  #checkAnswered(): void {
    if (!this.#allAsked || this.#ranges.length > 0) return
    this.session.expectEnd()
    this.#allAnswered()
  }
}
