import { Allowance } from './allowance.js'
import { AnswerBook, type Piece } from './answer-book.js'
import { AsyncQueue } from './async-queue.js'
import { type BlockGrid, blockBytes, blocksOf, bytesOf, offsetOf } from './block-grid.js'
import type { BlockJobInput, BlockPool } from './block-job-types.js'
import {
  BLOCK_NUMBER_BYTES,
  decodeRangeEnd,
  decodeRun,
  encodeDigests,
  encodeFrame,
  encodeRange,
  encodeRun,
  encodeTargetHello,
  FRAME,
  type RangeEnd,
} from './codec.js'
import { protocolError } from './filediff-error.js'
import { type ByteRange, type Checksum, DIGEST_BYTES } from './filediff-types.js'
import type { Frame } from './frame-reader.js'
import type { KeptBlocks } from './kept-index.js'
import type { TransferPlan } from './range-plan.js'
import { placeOf, type Slot, SlotPool } from './slot-pool.js'
import type { SourceSession } from './source-session.js'
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
  /** The next range that nobody has begun; undefined when there is none. */
  nextRange(): ByteRange | undefined
  /** The target now has these blocks, on their way to the disk. */
  has(blocks: LaneBlocks): void
  rangeDone(range: RangeEnd): void
  /** A write did not succeed: what the file holds there is not known. */
  changeFailed(): void
}

export type LaneBlocks =
  | { readonly kind: 'same'; readonly piece: Piece; readonly bytes: bigint }
  | { readonly kind: 'zero'; readonly first: bigint; readonly end: bigint; readonly bytes: bigint }
  | { readonly kind: 'data'; readonly first: bigint; readonly digest: Buffer; readonly bytes: bigint }

/** One channel's share of a transfer: asks about ranges as long as there are any, and writes what comes. */
export class TargetLane {
  readonly #book: AnswerBook
  readonly #pending: Allowance
  readonly #digestBytes: number
  readonly #tasks = new TaskGroup((error) => this.session.fail(error))
  #slot: Slot | null = null
  #allAsked = false
  #allAnswered: () => void = () => undefined

  private constructor(
    private readonly session: SourceSession,
    private readonly context: LaneContext,
    private readonly slots: SlotPool,
  ) {
    const { plan, checksum } = context
    this.#digestBytes = DIGEST_BYTES[checksum]
    this.#pending = new Allowance(plan.pendingLimit)
    this.#book = new AnswerBook(this.#digestBytes, {
      same: (piece) => context.has({ kind: 'same', piece, bytes: this.#bytes(piece) }),
      zero: (run) => this.#tasks.add(this.#makeHole(run)),
      answered: (count) => this.#pending.give(count),
    })
  }

  /** Runs a lane to its end: see `run`. */
  static async run(session: SourceSession, context: LaneContext): Promise<void> {
    const { plan, checksum, pool } = context
    const slotBytes = BLOCK_NUMBER_BYTES + DIGEST_BYTES[checksum] + plan.blockSize
    const slots = await SlotPool.open(pool, slotBytes, Math.floor(plan.windowBytes / plan.blockSize))
    try {
      await new TargetLane(session, context, slots).#run()
    } finally {
      await slots.close()
    }
  }

  /** Returns when all ranges that it took are answered, compared, and written. Whatever is under way has ended by then, also after a failure. */
  async #run(): Promise<void> {
    const { session } = this
    const answered = new Promise<void>((resolve) => {
      this.#allAnswered = resolve
    })
    session.serve({ allocate: (bytes) => this.#allocate(bytes), frame: (frame) => this.#frame(frame) })
    try {
      const { checksum, plan } = this.context
      session.writer.write(encodeTargetHello({ checksum, ...plan }))
      session.failed.catch((error: unknown) => this.#pending.fail(error))
      await Promise.race([this.#ask(), session.failed])
      await Promise.race([answered, session.failed])
      await Promise.race([this.#tasks.drained(), session.failed])
      await Promise.race([session.close(), session.failed])
    } catch (error) {
      throw await session.failWith(error)
    } finally {
      await this.#tasks.drained()
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
    this.#book.beginRange(range, blocksOf(this.context.grid, range).end)
    writer.write(encodeRange(range))
    for await (const piece of this.#piecesOf(range)) {
      await this.#pending.take(piece.kind === 'void' ? 1 : piece.digests.length / this.#digestBytes)
      await writer.ready()
      this.#book.expect(piece)
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
      this.#tasks.add(piece)
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

  #frame({ type, payload }: Frame): void {
    if (type === FRAME.same) this.#book.same(decodeRun(payload))
    else if (type === FRAME.zero) this.#book.zero(decodeRun(payload))
    else if (type === FRAME.data) this.#data(payload)
    else if (type === FRAME.rangeEnd) this.#rangeEnd(decodeRangeEnd(payload))
    else throw protocolError(`the source sends a message of type ${type} at the wrong time`)
  }

  #allocate(bytes: number): Buffer {
    this.#slot = this.slots.take()
    if (this.#slot === null) throw protocolError('the source sends more data than it was given credit for')
    if (bytes > this.slots.slotBytes) throw protocolError(`the source sends a block of ${bytes} bytes`)
    return this.#slot.memory.subarray(0, bytes)
  }

  #data(payload: Buffer): void {
    const slot = this.#slot!
    const head = BLOCK_NUMBER_BYTES + this.#digestBytes
    if (payload.length < head) throw protocolError('a block comes without its digest')
    const block = payload.readBigUInt64LE(0)
    const digest = Buffer.from(payload.subarray(BLOCK_NUMBER_BYTES, head))
    const { wasZero } = this.#book.data(block, digest)
    const bytes = payload.subarray(head)
    if (bytes.length !== blockBytes(this.context.grid, block)) throw protocolError(`block ${block} comes with ${bytes.length} bytes`)
    this.#tasks.add(this.#write(block, bytes.length, digest, wasZero, slot))
  }

  async #write(block: bigint, bytes: number, digest: Buffer, wasZero: boolean, slot: Slot): Promise<void> {
    const { fd, grid, checksum } = this.context
    const head = BLOCK_NUMBER_BYTES + this.#digestBytes
    await this.#change({
      kind: 'write',
      fd,
      offset: offsetOf(grid, block),
      block: { ...placeOf(slot, head), bytes },
      digest,
      wasZero,
      checksum,
    })
    this.slots.release(slot)
    this.context.has({ kind: 'data', first: block, digest, bytes: BigInt(bytes) })
    this.session.giveCredit(bytes)
  }

  async #makeHole(run: { readonly first: bigint; readonly end: bigint }): Promise<void> {
    const start = offsetOf(this.context.grid, run.first)
    const bytes = this.#bytes(run)
    await this.#change({ kind: 'zero', fd: this.context.fd, start, end: start + bytes })
    this.context.has({ kind: 'zero', first: run.first, end: run.end, bytes })
  }

  async #change(job: BlockJobInput): Promise<void> {
    try {
      await this.context.pool.run(job)
    } catch (error) {
      this.context.changeFailed()
      throw error
    }
  }

  #rangeEnd(range: RangeEnd): void {
    this.#book.end(range)
    this.context.rangeDone(range)
    this.#checkAnswered()
  }

  #checkAnswered(): void {
    if (!this.#allAsked || !this.#book.isEmpty) return
    this.session.expectEnd()
    this.#allAnswered()
  }

  #bytes({ first, end }: { readonly first: bigint; readonly end: bigint }): bigint {
    return bytesOf(this.context.grid, first, end - first)
  }
}
