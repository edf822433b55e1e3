import { fdatasync, fstatSync } from 'node:fs'
import { promisify } from 'node:util'
import { crashPoint } from '../crash/crash-point.js'
import { defer } from '../types/deferred.js'
import { addon } from './block-file.js'
import { type BlockGrid, smaller } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import { DIGESTS_HEAD_BYTES, type RangeEnd } from './codec.js'
import type { DataChannel } from './data-channel.js'
import { EarlyReads } from './early-reads.js'
import { FilediffError, writeFailure } from './filediff-error.js'
import { type ByteRange, type Checksum, DIGEST_BYTES, FILE_SIZE_MAX, type SourceFile, type Xattr } from './filediff-types.js'
import type { KeptDigests } from './kept-digests.js'
import { beginKeptUse, type KeptUse } from './kept-use.js'
import type { LaneThreads } from './lane-threads.js'
import type { LaneBlocks } from './lane-types.js'
import { wholeDigest } from './range-chain.js'
import { type PlanOptions, planRanges, planTransfer, type TransferPlan } from './range-plan.js'
import { RangeSupply } from './range-supply.js'
import type { SourceChannels } from './source-channels-port.js'
import { type Greeting, SourceSession } from './source-session.js'
import type { LaneContext } from './target-lane.js'
import { TransferLanes } from './transfer-lanes.js'
import { isWorthWidening, type TransferProgress } from './widen-plan.js'

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
  const { channels, words, signal } = request
  signal.throwIfAborted()
  const early = beginEarlyReads(request)
  let first: SourceSession | null = null
  try {
    first = openSession(await channels.open(words), request)
    const greeting = await first.greeting()
    if (channels.needsRoundTrip()) first.measureRoundTrip((milliseconds) => channels.learnRoundTrip(milliseconds))
    const plan = planTransfer(greeting.file.size, request.plan)
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

function openSession(channel: DataChannel, { withAttributes, threads, signal }: TransferRequest): SourceSession {
  const session = new SourceSession(channel, withAttributes, threads)
  const abort = () => session.fail(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  void session.ended.finally(() => signal.removeEventListener('abort', abort))
  if (signal.aborted) abort()
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
      await this.#copyRanges(first, this.#rangesToDo(use?.doneRanges ?? []), use)
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
    const doneByStart = new Map(doneRanges.map((range) => [range.start, range]))
    return planRanges(this.context.bounds, this.context.plan.rangeBytes).filter(({ start, end }) => {
      const done = doneByStart.get(start)
      if (done?.end !== end) return true
      this.#done.push(done)
      this.#bytes.resumed += end - start
      return false
    })
  }

  async #copyRanges(first: SourceSession, ranges: readonly ByteRange[], use: KeptUse | null): Promise<void> {
    const { request, plan } = this.context
    const { channels, words } = request
    await new TransferLanes({
      laneCount: Math.max(1, Math.min(plan.channelCount, ranges.length)),
      context: this.#laneContext(ranges, use),
      open: async () => this.#sameFile(openSession(await channels.open(words), request)),
      openWide: async (signal) => this.#unlessAborted(openSession(await channels.openWide(words, signal), request), signal),
      isWorthWidening: () => channels.mayWiden() && isWorthWidening(this.#progress(), plan.carriedMeanwhileBytes),
    }).run(first)
  }

  #progress(): TransferProgress {
    const done = this.#doneBytes - this.#bytes.resumed
    return { dataBytes: this.#bytes.data, doneBytes: done, leftBytes: this.#totalBytes - this.#doneBytes }
  }

  /** The session once it serves the same file. One that is not needed any more is left to itself. */
  async #unlessAborted(session: SourceSession, signal: AbortSignal): Promise<SourceSession> {
    const aborted = defer<never>()
    const abort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      return await Promise.race([this.#sameFile(session), aborted.promise])
    } catch (error) {
      session.leave()
      void session.close()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  async #sameFile(session: SourceSession): Promise<SourceSession> {
    const { file } = await session.greeting()
    const { size, mtimeNs, ctimeNs, ino } = this.context.greeting.file
    if (file.size === size && file.mtimeNs === mtimeNs && file.ctimeNs === ctimeNs && file.ino === ino) return session
    const error = new FilediffError('FILEDIFF_CHANGED', 'the file on the source changed while it was copied')
    session.fail(error)
    throw error
  }

  #laneContext(ranges: readonly ByteRange[], use: KeptUse | null): LaneContext {
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
      ranges: new RangeSupply(ranges),
      has: (blocks) => {
        use?.record(blocks)
        this.#count(blocks)
      },
      hasNot: (bytes) => {
        for (const kind of ['same', 'zero', 'data'] as const) this.#bytes[kind] -= bytes[kind]
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

  get #doneBytes(): bigint {
    const { same, zero, data, resumed } = this.#bytes
    return same + zero + data + resumed
  }

  get #totalBytes(): bigint {
    return this.context.bounds.end - this.context.bounds.start
  }

  #count(blocks: LaneBlocks): void {
    this.#bytes[blocks.kind] += blocks.bytes
    this.context.request.onProgress(this.#doneBytes, this.#totalBytes)
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
