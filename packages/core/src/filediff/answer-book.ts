import { smaller } from './block-grid.js'
import type { BlockRun, RangeEnd } from './codec.js'
import { FilediffError, protocolError } from './filediff-error.js'
import type { ByteRange } from './filediff-types.js'
import { RangeChain } from './range-chain.js'

/** What the target said that it has. */
export type Piece =
  | { readonly kind: 'digests'; readonly first: bigint; readonly end: bigint; readonly digests: Buffer; readonly known: boolean }
  | { readonly kind: 'void'; readonly first: bigint; readonly end: bigint; readonly known: boolean }

/** What follows from an answer, in order. */
export interface BookSink {
  /** The target's blocks are right; `known` = their digests were kept from before. */
  same(piece: Piece): void
  /** The source has zeros where the target has something. */
  zero(run: { readonly first: bigint; readonly end: bigint }): void
  /** So many blocks, or messages about holes, are no longer pending. */
  answered(count: number): void
}

interface OpenRange {
  readonly range: ByteRange
  /** The block after its last one. */
  readonly end: bigint
}

/**
 * What was said to the source and is not answered yet. Answers must come in the same order and cover every block exactly once; anything
 * else is a protocol error. Computes the digest of each range over what the target has in the end.
 */
export class AnswerBook {
  readonly #ranges: OpenRange[] = []
  readonly #pieces: Piece[] = []
  /** The block that the next answer must begin with; null before the first of a range. */
  #next: bigint | null = null
  #chain: RangeChain

  constructor(
    private readonly digestBytes: number,
    private readonly sink: BookSink,
  ) {
    this.#chain = new RangeChain(digestBytes)
  }

  /** Whether an answer is due. */
  get isWaiting(): boolean {
    return this.#pieces.length > 0
  }

  /** The pieces of a range follow; `end` is the block after its last one. */
  beginRange(range: ByteRange, end: bigint): void {
    this.#ranges.push({ range, end })
  }

  expect(piece: Piece): void {
    this.#pieces.push(piece)
  }

  same(run: BlockRun): void {
    this.#consume(run, (piece) => {
      if (piece.kind === 'digests') this.#chain.add(piece.first, piece.digests)
      this.sink.same(piece)
    })
  }

  zero(run: BlockRun): void {
    this.#consume(run, (piece) => {
      if (piece.kind === 'void') throw protocolError(`the source says that block ${piece.first} is zero, which the target said itself`)
      this.sink.zero(piece)
    })
  }

  /** A block with other data. `wasZero` = the target has nothing but zeros there. */
  data(block: bigint, digest: Buffer): { readonly wasZero: boolean } {
    let wasZero = false
    this.#consume({ first: block, count: 1n }, (piece) => {
      wasZero = piece.kind === 'void'
    })
    this.#chain.add(block, digest)
    return { wasZero }
  }

  /** The range is done: both sides must have come to the same digest. */
  end({ start, end, digest }: RangeEnd): void {
    const open = this.#ranges.shift()
    if (open === undefined || open.range.start !== start || open.range.end !== end || this.#next !== open.end) {
      throw protocolError(`the source ends the range from ${start} to ${end}, which is not what it was asked about`)
    }
    const own = this.#chain.finish()
    this.#chain = new RangeChain(this.digestBytes)
    this.#next = null
    if (own.equals(digest)) return
    throw new FilediffError('FILEDIFF_DIGEST', `the bytes from ${start} to ${end} have another digest on the target than on the source`, {
      hint: 'Run it again; if it happens again, check the memory and disks of both hosts.',
    })
  }

  #consume({ first, count }: BlockRun, use: (piece: Piece) => void): void {
    if (count < 1n) throw protocolError('the source answers for no block at all')
    const end = first + count
    for (let block = first; block < end; ) {
      const piece = this.#nextPiece(block)
      const stop = smaller(piece.end, end)
      use(slicePiece(piece, stop, this.digestBytes))
      this.#advance(piece, stop)
      block = stop
    }
  }

  #nextPiece(block: bigint): Piece {
    const piece = this.#pieces[0]
    const isNext = this.#next === null || (this.#next === block && this.#next !== this.#ranges[0]?.end)
    if (piece !== undefined && piece.first === block && isNext) return piece
    throw protocolError(`the source answers for block ${block}, which is not the next one it was asked about`)
  }

  #advance(piece: Piece, stop: bigint): void {
    this.#next = stop
    if (stop === piece.end) this.#pieces.shift()
    else this.#pieces[0] = restOf(piece, stop, this.digestBytes)
    if (piece.kind === 'digests') this.sink.answered(Number(stop - piece.first))
    else if (stop === piece.end) this.sink.answered(1)
  }
}

function slicePiece(piece: Piece, end: bigint, digestBytes: number): Piece {
  if (piece.kind === 'void') return { ...piece, end }
  return { ...piece, end, digests: piece.digests.subarray(0, Number(end - piece.first) * digestBytes) }
}

function restOf(piece: Piece, first: bigint, digestBytes: number): Piece {
  if (piece.kind === 'void') return { ...piece, first }
  return { ...piece, first, digests: piece.digests.subarray(Number(first - piece.first) * digestBytes) }
}
