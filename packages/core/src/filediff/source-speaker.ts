import { crashPoint } from '../crash/crash-point.js'
import type { Allowance } from './allowance.js'
import { type BlockGrid, blockBytes } from './block-grid.js'
import { encodeDataHead, encodeRangeEnd, encodeRun, FRAME } from './codec.js'
import { type ByteRange, type Checksum, DIGEST_BYTES, OUTCOME } from './filediff-types.js'
import { RangeChain } from './range-chain.js'
import type { SourceAnswer } from './source-answers.js'
import { type BlocksAnswer, runsOf } from './source-reads.js'
import type { StreamWriter } from './stream-writer.js'

export interface SpeakerContext {
  readonly grid: BlockGrid
  readonly checksum: Checksum
  readonly writer: StreamWriter
  /** Counts bytes of data. */
  readonly sent: { bytes: bigint }
  readonly credit: Allowance
  /** Throws when the file is no longer the one that was announced. */
  readonly checkUnchanged: () => void
}

/** Puts answers on the wire, in order, as the target's window allows. */
export class SourceSpeaker {
  readonly #digestBytes: number
  #chain: RangeChain

  constructor(private readonly context: SpeakerContext) {
    this.#digestBytes = DIGEST_BYTES[context.checksum]
    this.#chain = new RangeChain(this.#digestBytes)
  }

  async say(answer: SourceAnswer): Promise<void> {
    const { writer } = this.context
    await writer.ready()
    if (answer.kind === 'begin') this.#chain = new RangeChain(this.#digestBytes)
    if (answer.kind === 'hole') writer.write(encodeRun(answer.asked ? FRAME.zero : FRAME.same, answer))
    if (answer.kind === 'blocks') await this.#blocks(answer)
    if (answer.kind === 'end') this.#end(answer.range)
  }

  #end({ start, end }: ByteRange): void {
    this.context.checkUnchanged()
    this.context.writer.write(encodeRangeEnd({ start, end, digest: this.#chain.finish() }))
    crashPoint('filediff.answered')
  }

  async #blocks(answer: BlocksAnswer): Promise<void> {
    const { outcomes, digests } = answer.compared
    const release = releaseAfter(1 + outcomes.filter((outcome) => outcome === OUTCOME.data).length, () => answer.slot?.release())
    for (const { start, end, outcome } of runsOf(outcomes)) {
      const first = answer.first + BigInt(start)
      if (outcome !== OUTCOME.zero) this.#chain.add(first, digests.subarray(start * this.#digestBytes, end * this.#digestBytes))
      if (outcome === OUTCOME.data) await this.#data(answer, start, end, release)
      else this.#run(outcome === OUTCOME.zero && answer.asked ? FRAME.zero : FRAME.same, first, end - start)
    }
    release()
  }

  #run(type: number, first: bigint, count: number): void {
    this.context.writer.write(encodeRun(type, { first, count: BigInt(count) }))
  }

  async #data(answer: BlocksAnswer, start: number, end: number, release: () => void): Promise<void> {
    const { grid, credit, writer } = this.context
    for (let index = start; index < end; index += 1) {
      const block = answer.first + BigInt(index)
      const bytes = blockBytes(grid, block)
      await credit.take(bytes)
      await writer.ready()
      const digest = answer.compared.digests.subarray(index * this.#digestBytes, (index + 1) * this.#digestBytes)
      writer.write(encodeDataHead(block, digest, bytes))
      writer.write(answer.slot!.memory.subarray(index * grid.blockSize, index * grid.blockSize + bytes), release)
      this.context.sent.bytes += BigInt(bytes)
    }
  }
}

/** Calls `action` when the result has been called `count` times. */
function releaseAfter(count: number, action: () => void): () => void {
  let left = count
  return () => {
    left -= 1
    if (left === 0) action()
  }
}
