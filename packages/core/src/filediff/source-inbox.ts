import { Allowance } from './allowance.js'
import { AsyncQueue } from './async-queue.js'
import { type BlockGrid, blocksOf, isOnGrid } from './block-grid.js'
import {
  type BlockRun,
  checkLength,
  decodeCredit,
  decodeDigests,
  decodeError,
  decodeRange,
  decodeRun,
  decodeTargetHello,
  FRAME,
  type TargetHello,
} from './codec.js'
import { FilediffError, protocolError } from './filediff-error.js'
import {
  BLOCK_SIZE_MAX,
  BLOCK_SIZE_MIN,
  type ByteRange,
  DIGEST_BYTES,
  PAGE_BYTES,
  PENDING_MAX,
  WINDOW_BYTES_MAX,
  WINDOW_BYTES_MIN,
} from './filediff-types.js'
import type { Frame } from './frame-reader.js'

/** What the target asks for, in order. */
export type SourceRequest =
  | { readonly kind: 'range'; readonly range: ByteRange }
  | { readonly kind: 'digests'; readonly first: bigint; readonly count: number; readonly digests: Buffer }
  | { readonly kind: 'void'; readonly first: bigint; readonly count: bigint }

export interface InboxLimits {
  readonly size: bigint
  /** What may be asked for. */
  readonly bounds: ByteRange
  /** Largest message with digests. */
  readonly headerSize: number
  /** The only block size to accept; null = any. */
  readonly blockSize: number | null
}

/** The target goes on over another channel. */
export class TargetLeft extends Error {
  override readonly name = 'TargetLeft'
}

/** How often the target may ask how long an answer takes. */
const ECHOES_MAX = 16

/** The source's view of what the target sends: checks every message and queues what has to be answered. */
export class SourceInbox {
  readonly requests = new AsyncQueue<SourceRequest>()
  /** Bytes of data that the target is ready to take. */
  readonly credit = new Allowance(0)
  #hello: TargetHello | null = null
  #settleHello: (hello: TargetHello) => void = () => undefined
  #rejectHello: (error: unknown) => void = () => undefined
  /** Settles when the target has said what it wants. */
  readonly hello: Promise<TargetHello>
  #pending = 0
  #next: bigint | null = null
  #end = 0n
  #bye = false
  #echoes = 0

  /** `echo` answers at once, before everything else. */
  constructor(
    private readonly limits: InboxLimits,
    private readonly echo: () => void,
  ) {
    this.hello = new Promise((resolve, reject) => {
      this.#settleHello = resolve
      this.#rejectHello = reject
    })
    this.hello.catch(() => undefined)
  }

  get ended(): boolean {
    return this.#bye
  }

  handle({ type, payload }: Frame): void {
    if (type === FRAME.targetError) this.#targetFailed(payload)
    if (type === FRAME.leave) throw new TargetLeft()
    if (this.#bye && type !== FRAME.credit) throw protocolError('the target goes on after its last message')
    if (type === FRAME.echo && this.#hello === null) this.#echo(payload)
    else if (this.#hello !== null) this.#answerable(type, payload, this.#hello)
    else if (type === FRAME.targetHello) this.#greet(payload)
    else throw protocolError('the target does not begin with a greeting')
  }

  #answerable(type: number, payload: Buffer, hello: TargetHello): void {
    if (type === FRAME.range) this.#range(decodeRange(payload), { blockSize: hello.blockSize, size: this.limits.size })
    else if (type === FRAME.digests) this.#digests(payload, hello)
    else if (type === FRAME.void) this.#void(decodeRun(payload))
    else if (type === FRAME.credit) this.credit.give(decodeCredit(payload))
    else if (type === FRAME.bye) this.#finish(payload)
    else throw protocolError(`the target sends a message of type ${type} at the wrong time`)
  }

  /** Nothing more will come: whoever waits for something gets `error`. */
  fail(error: unknown): void {
    this.requests.fail(error)
    this.credit.fail(error)
    this.#rejectHello(error)
  }

  /** An answer has been given. */
  answered(count: number): void {
    this.#pending -= count
  }

  #echo(payload: Buffer): void {
    checkLength(payload, 0)
    this.#echoes += 1
    if (this.#echoes > ECHOES_MAX) throw protocolError('the target asks for too many echoes')
    this.echo()
  }

  #greet(payload: Buffer): void {
    const hello = decodeTargetHello(payload)
    const { blockSize, windowBytes, pendingLimit } = hello
    if (blockSize < BLOCK_SIZE_MIN || blockSize > BLOCK_SIZE_MAX || blockSize % PAGE_BYTES !== 0) {
      throw protocolError(`the target asks for blocks of ${blockSize} bytes`)
    }
    if (this.limits.blockSize !== null && blockSize !== this.limits.blockSize) {
      throw protocolError(`the target asks for blocks of ${blockSize} bytes, the source was started for ${this.limits.blockSize}`)
    }
    if (
      windowBytes < Math.max(WINDOW_BYTES_MIN, blockSize) ||
      windowBytes > WINDOW_BYTES_MAX ||
      pendingLimit < 1 ||
      pendingLimit > PENDING_MAX
    ) {
      throw protocolError(`the target asks for a window of ${windowBytes} bytes and ${pendingLimit} pending blocks`)
    }
    this.#hello = hello
    this.credit.give(windowBytes)
    this.#settleHello(hello)
  }

  #range(range: ByteRange, grid: BlockGrid): void {
    const { bounds } = this.limits
    if (this.#next !== null) throw protocolError('the target begins a range before it has finished another')
    if (!isOnGrid(grid, range) || range.start < bounds.start || range.end > bounds.end) {
      throw protocolError(`the target asks for the bytes from ${range.start} to ${range.end}, which is not allowed`)
    }
    const blocks = blocksOf(grid, range)
    this.#next = blocks.first
    this.#end = blocks.end
    this.#push({ kind: 'range', range }, 0)
  }

  #digests(payload: Buffer, hello: TargetHello): void {
    const { first, digests } = decodeDigests(payload, hello.checksum)
    if (payload.length > this.limits.headerSize)
      throw protocolError(`a message with digests is longer than ${this.limits.headerSize} bytes`)
    const count = digests.length / DIGEST_BYTES[hello.checksum]
    this.#advance({ first, count: BigInt(count) })
    this.#push({ kind: 'digests', first, count, digests }, count)
  }

  #void(run: BlockRun): void {
    this.#advance(run)
    this.#push({ kind: 'void', ...run }, 1)
  }

  /** Blocks come without gaps, up to the end of their range. */
  #advance({ first, count }: BlockRun): void {
    if (this.#next === null || first !== this.#next || count < 1n || first + count > this.#end) {
      throw protocolError(`the target sends ${count} blocks from ${first} on where ${this.#next ?? 'none'} is the next`)
    }
    this.#next = first + count === this.#end ? null : first + count
  }

  #push(request: SourceRequest, count: number): void {
    this.#pending += count
    if (this.#pending > this.#hello!.pendingLimit)
      throw protocolError('the target sends more than it announced without waiting for answers')
    this.requests.push(request)
  }

  #finish(payload: Buffer): void {
    checkLength(payload, 0)
    if (this.#next !== null) throw protocolError('the target ends within a range')
    this.#bye = true
    this.requests.end()
  }

  #targetFailed(payload: Buffer): never {
    const { code, message } = decodeError(payload)
    throw new FilediffError('FILEDIFF_TARGET_FAILED', `the target gave up: ${message} (${code})`)
  }
}
