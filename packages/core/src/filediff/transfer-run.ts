import { fdatasync, fstatSync } from 'node:fs'
import { promisify } from 'node:util'
import { crashPoint } from '../crash/crash-point.js'
import { addon } from './block-file.js'
import { type BlockGrid, smaller } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import { DIGESTS_HEAD_BYTES, type RangeEnd } from './codec.js'
import { EarlyReads } from './early-reads.js'
import { FilediffError, writeFailure } from './filediff-error.js'
import { type ByteRange, type Checksum, DIGEST_BYTES, FILE_SIZE_MAX, type SourceFile, type Xattr } from './filediff-types.js'
import type { KeptDigests } from './kept-digests.js'
import { beginKeptUse, type KeptUse } from './kept-use.js'
import type { LaneThreads } from './lane-threads.js'
import type { LaneBlocks } from './lane-types.js'
import { wholeDigest } from './range-chain.js'
import { type PlanOptions, planRanges, planTransfer, type TransferPlan } from './range-plan.js'
import type { SourceChannels } from './source-channels-port.js'
import { type Greeting, SourceSession } from './source-session.js'
import { type LaneContext, TargetLane } from './target-lane.js'

export interface TransferRequest {
  /** The target file, open for reading and writing. */
  readonly fd: number
  /** Where the source file is, for the kept digests: a path in a snapshot names one content. */
  readonly source: string
  readonly channels: SourceChannels
  /** The command that serves this file on the source. */
  readonly words: readonly string[]
  readonly checksum: Checksum
  readonly plan: PlanOptions
  /** Most bytes of digests in one message. */
  readonly headerSize: number
  /** null = all of the file. */
  readonly bounds: { readonly start: bigint; readonly end: bigint | null } | null
  /** The size that the file must have; null = any. */
  readonly expectedSize: bigint | null
  readonly withAttributes: boolean
  /** Opens the kept digests for a block size; null = none are kept. */
  readonly openKept: ((blockSize: number) => KeptDigests) | null
  /** Data version of the target file; null where there is none. */
  readonly dataVersion: () => Promise<bigint | null>
  /** Called when the data are complete, before the file is sealed. */
  readonly setAttributes: (file: SourceFile, xattrs: readonly Xattr[] | null) => void
  readonly pool: BlockPool
  readonly threads: LaneThreads
  readonly signal: AbortSignal
  readonly onProgress: (bytes: bigint, size: bigint) => void
}

export interface TransferResult {
  readonly file: SourceFile
  readonly blockSize: number
  readonly channelCount: number
  /** Bytes that were right already, that became holes, that came over the network, and that an earlier, interrupted transfer had done. */
  readonly sameBytes: bigint
  readonly zeroBytes: bigint
  readonly dataBytes: bigint
  readonly resumedBytes: bigint
  /** Digest of the whole (of the bounds, where there are any), hex. */
  readonly digest: string
}

/** Makes the target file what the source file is. The order: size, blocks, flush, comparison of the whole, attributes, seal. */
export async function transferFile(request: TransferRequest): Promise<TransferResult> {
  const early = beginEarlyReads(request)
  let first: SourceSession | null = null
  try {
    first = await openSession(request)
    let greeting = await first.greeting()
    const plan = planTransfer(greeting.file.size, request.plan)
    if (await suitsAnother(first, request.channels)) {
      await first.dismiss({ checksum: request.checksum, ...plan })
      first = await openSession(request)
      greeting = await first.greeting()
    }
    const bounds = boundsOf(request, greeting, plan)
    early?.stop()
    const kept = request.openKept?.(plan.blockSize) ?? null
    try {
      return await new Transfer({ request, greeting, plan, bounds, early }).run(first, kept)
    } finally {
      kept?.close()
    }
  } catch (error) {
    first?.fail(error)
    await first?.stopped
    throw error
  } finally {
    await early?.stopped()
  }
}

/** Not where digests are kept: they may spare the reading. */
function beginEarlyReads({ fd, pool, checksum, plan, bounds, expectedSize, openKept }: TransferRequest): EarlyReads | null {
  if (openKept !== null) return null
  const size = expectedSize ?? fstatSync(fd, { bigint: true }).size
  return new EarlyReads({ fd, pool, checksum, plan: planTransfer(size, plan), start: bounds?.start ?? 0n })
}

/** Whether the way to the source turns out to be one for another kind of channel. */
async function suitsAnother(session: SourceSession, channels: SourceChannels): Promise<boolean> {
  if (!channels.needsRoundTrip()) return false
  return channels.learnRoundTrip(await session.measureRoundTrip()) === 'reopen'
}

async function openSession(request: TransferRequest): Promise<SourceSession> {
  request.signal.throwIfAborted()
  const session = new SourceSession(await request.channels.open(request.words), request.withAttributes, request.threads)
  const abort = () => session.fail(request.signal.reason)
  request.signal.addEventListener('abort', abort, { once: true })
  void session.ended.finally(() => request.signal.removeEventListener('abort', abort))
  if (request.signal.aborted) abort()
  return session
}

function boundsOf(request: TransferRequest, { file, bounds }: Greeting, plan: TransferPlan): ByteRange {
  if (file.size > FILE_SIZE_MAX)
    throw new FilediffError('FILEDIFF_SIZE', `the source file has ${file.size} bytes, more than any file can have`)
  if (request.expectedSize !== null && file.size !== request.expectedSize) {
    const message = `the source file has ${file.size} bytes instead of ${request.expectedSize}: it changed since it was listed`
    throw new FilediffError('FILEDIFF_SIZE', message)
  }
  const start = smaller(request.bounds?.start ?? 0n, file.size)
  const end = smaller(request.bounds?.end ?? file.size, file.size)
  const blockSize = BigInt(plan.blockSize)
  if (start % blockSize !== 0n || (end % blockSize !== 0n && end !== file.size) || start > end) {
    throw new FilediffError(
      'FILEDIFF_RANGE',
      `the range from ${start} to ${end} does not begin and end at multiples of the block size, ${blockSize}`,
      {
        hint: 'Choose an offset and an end that are multiples of the block size; the end may also be that of the file.',
      },
    )
  }
  if (start < bounds.start || end > bounds.end) throw new FilediffError('FILEDIFF_RANGE', 'the source does not give the whole range')
  return { start, end }
}

interface TransferContext {
  readonly request: TransferRequest
  readonly greeting: Greeting
  readonly plan: TransferPlan
  readonly bounds: ByteRange
  readonly early: EarlyReads | null
}

/** One transfer under way. */
class Transfer {
  readonly #grid: BlockGrid
  readonly #done: RangeEnd[] = []
  readonly #bytes = { same: 0n, zero: 0n, data: 0n, resumed: 0n }
  #changeFailed = false

  constructor(private readonly context: TransferContext) {
    this.#grid = { blockSize: context.plan.blockSize, size: context.greeting.file.size }
  }

  async run(first: SourceSession, kept: KeptDigests | null): Promise<TransferResult> {
    const { fd, dataVersion, source: sourcePath } = this.context.request
    const { file, xattrs } = this.context.greeting
    const use = kept === null ? null : await beginKeptUse({ kept, fd, grid: this.#grid, sourcePath, source: file, dataVersion })
    try {
      this.#setSize(file.size)
      await this.#runLanes(first, this.#rangesToDo(use?.doneRanges ?? []), use)
      await this.#flush()
    } catch (error) {
      await this.#sealInterrupted(use)
      throw error
    }
    this.context.request.setAttributes(file, xattrs)
    await use?.seal(true)
    return this.#result()
  }

  #setSize(size: bigint): void {
    if (fstatSync(this.context.request.fd, { bigint: true }).size === size) return
    try {
      addon().truncateTo(this.context.request.fd, size)
      crashPoint('filediff.sized')
    } catch (error) {
      throw writeFailure(`setting the size to ${size} bytes`, error)
    }
  }

  /** Takes over what is done already. */
  #rangesToDo(doneRanges: readonly RangeEnd[]): ByteRange[] {
    return planRanges(this.context.bounds, this.context.plan.rangeBytes).filter(({ start, end }) => {
      const done = doneRanges.find((range) => range.start === start && range.end === end)
      if (done === undefined) return true
      this.#done.push(done)
      this.#bytes.resumed += end - start
      return false
    })
  }

  async #runLanes(first: SourceSession, ranges: ByteRange[], use: KeptUse | null): Promise<void> {
    const count = Math.max(1, Math.min(this.context.plan.channelCount, ranges.length))
    const sessions = [first]
    const stopAll = (error: unknown): never => {
      for (const session of sessions) session.fail(error)
      throw error
    }
    const lanes = Array.from({ length: count }, async (_, index) => {
      const session = index === 0 ? first : await this.#anotherSession(sessions)
      await TargetLane.run(session, this.#laneContext(ranges, use))
    })
    const outcomes = await Promise.allSettled(lanes.map((lane) => lane.catch(stopAll)))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  async #anotherSession(sessions: SourceSession[]): Promise<SourceSession> {
    const session = await openSession(this.context.request)
    sessions.push(session)
    const { file } = await session.greeting()
    const { size, mtimeNs, ctimeNs, ino } = this.context.greeting.file
    if (file.size === size && file.mtimeNs === mtimeNs && file.ctimeNs === ctimeNs && file.ino === ino) return session
    throw new FilediffError('FILEDIFF_CHANGED', 'the file on the source changed while it was copied')
  }

  #laneContext(ranges: ByteRange[], use: KeptUse | null): LaneContext {
    const { request, plan } = this.context
    return {
      fd: request.fd,
      grid: this.#grid,
      checksum: request.checksum,
      plan,
      digestsMax: Math.max(
        1,
        Math.min(plan.pendingLimit, Math.floor((request.headerSize - DIGESTS_HEAD_BYTES) / DIGEST_BYTES[request.checksum])),
      ),
      pool: request.pool,
      lookup: use?.lookup ?? null,
      early: this.context.early,
      nextRange: () => ranges.shift(),
      has: (blocks) => {
        use?.record(blocks)
        this.#count(blocks)
      },
      rangeDone: (range) => {
        this.#done.push(range)
        use?.rangeDone(range)
      },
      changeFailed: () => {
        this.#changeFailed = true
      },
    }
  }

  #count(blocks: LaneBlocks): void {
    this.#bytes[blocks.kind] += blocks.bytes
    const { same, zero, data, resumed } = this.#bytes
    this.context.request.onProgress(same + zero + data + resumed, this.context.bounds.end - this.context.bounds.start)
  }

  async #flush(): Promise<void> {
    try {
      await promisify(fdatasync)(this.context.request.fd)
      crashPoint('filediff.synced')
    } catch (error) {
      this.#changeFailed = true
      throw writeFailure('flushing the file to the disk', error)
    }
  }

  /** Lets the next run continue here; not after a failed write, when it is not known what the file holds. */
  async #sealInterrupted(use: KeptUse | null): Promise<void> {
    if (use === null || this.#changeFailed) return
    try {
      await this.#flush()
      await use.seal(false)
    } catch {
      // Without a seal the next run reads the file; the error that led here matters more.
    }
  }

  #result(): TransferResult {
    const { same, zero, data, resumed } = this.#bytes
    return {
      file: this.context.greeting.file,
      blockSize: this.context.plan.blockSize,
      channelCount: this.context.plan.channelCount,
      sameBytes: same,
      zeroBytes: zero,
      dataBytes: data,
      resumedBytes: resumed,
      digest: wholeDigest(this.#done).toString('hex'),
    }
  }
}
