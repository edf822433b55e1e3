import { AnswerBook, type Piece } from './answer-book.js'
import { makeHole, writeSparse } from './block-file.js'
import { blockBytes, bytesOf, offsetOf } from './block-grid.js'
import { checkDigest } from './check-digest.js'
import { BLOCK_NUMBER_BYTES, decodeRangeEnd, decodeRun, FRAME } from './codec.js'
import { protocolError } from './filediff-error.js'
import { DIGEST_BYTES } from './filediff-types.js'
import type { Frame } from './frame-reader.js'
import type { Hasher } from './hashes.js'
import type { LaneReport } from './lane-report.js'
import type { LaneCommand, LaneTarget } from './lane-types.js'

/** Does to the target file what the answers of one channel say, after checking that they answer what was asked. */
export class LaneReceiver {
  readonly #book: AnswerBook
  readonly #digestBytes: number
  #changeFailed = false

  constructor(
    private readonly target: LaneTarget,
    private readonly hasher: Hasher,
    private readonly report: LaneReport,
  ) {
    this.#digestBytes = DIGEST_BYTES[target.checksum]
    this.#book = new AnswerBook(this.#digestBytes, {
      same: (piece) => report.add({ kind: 'same', piece: ownDigests(piece), bytes: this.#bytes(piece) }),
      zero: (run) => this.#zero(run),
      answered: (count) => report.answered(count),
    })
  }

  /** Whether a change of the file did not succeed: what it holds is not known then. */
  get changeFailed(): boolean {
    return this.#changeFailed
  }

  /** The longest payload of a DATA message. */
  get dataBytesMax(): number {
    return BLOCK_NUMBER_BYTES + this.#digestBytes + this.target.grid.blockSize
  }

  command(command: LaneCommand): void {
    if (command.kind === 'range') this.#book.beginRange(command.range, command.end)
    else if (command.kind === 'piece') this.#book.expect(withBuffer(command.piece))
  }

  frame({ type, payload }: Frame): void {
    if (type === FRAME.same) this.#book.same(decodeRun(payload))
    else if (type === FRAME.zero) this.#book.zero(decodeRun(payload))
    else if (type === FRAME.data) this.#data(payload)
    else if (type === FRAME.rangeEnd) this.#rangeEnd(payload)
    else throw protocolError(`the source sends a message of type ${type} at the wrong time`)
    const { grid, windowBytes, pendingLimit } = this.target
    this.report.flushIfDue({ windowBytes, pendingLimit, blockSize: grid.blockSize }, !this.#book.isWaiting)
  }

  #rangeEnd(payload: Buffer): void {
    const range = decodeRangeEnd(payload)
    this.#book.end(range)
    this.report.add({ kind: 'range', range })
  }

  #data(payload: Buffer): void {
    const head = BLOCK_NUMBER_BYTES + this.#digestBytes
    if (payload.length < head) throw protocolError('a block comes without its digest')
    const { fd, grid } = this.target
    const block = payload.readBigUInt64LE(0)
    const digest = Buffer.from(payload.subarray(BLOCK_NUMBER_BYTES, head))
    const { wasZero } = this.#book.data(block, digest)
    const bytes = payload.subarray(head)
    if (bytes.length !== blockBytes(grid, block)) throw protocolError(`block ${block} comes with ${bytes.length} bytes`)
    checkDigest(bytes, digest, this.hasher)
    this.#change(() => writeSparse(fd, bytes, offsetOf(grid, block), wasZero))
    this.report.data(block, digest, bytes.length)
  }

  #zero(run: { readonly first: bigint; readonly end: bigint }): void {
    const start = offsetOf(this.target.grid, run.first)
    const bytes = this.#bytes(run)
    this.#change(() => makeHole(this.target.fd, { start, end: start + bytes }))
    this.report.add({ kind: 'zero', first: run.first, end: run.end, bytes })
  }

  #change(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#changeFailed = true
      throw error
    }
  }

  #bytes({ first, end }: { readonly first: bigint; readonly end: bigint }): bigint {
    return bytesOf(this.target.grid, first, end - first)
  }
}

/** A piece with digests in memory of their own: to send a view would send all that it is a view of. */
function ownDigests(piece: Piece): Piece {
  return piece.kind === 'void' ? piece : { ...piece, digests: new Uint8Array(piece.digests) as Buffer }
}

/** On its way from another thread a Buffer has become a Uint8Array. */
export function withBuffer(piece: Piece): Piece {
  if (piece.kind === 'void') return piece
  const { buffer, byteOffset, length } = piece.digests
  return { ...piece, digests: Buffer.from(buffer, byteOffset, length) }
}
