import { fstatSync } from 'node:fs'
import { blockAt, blockFrom, offsetOf } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import type { ByteRange, Checksum } from './filediff-types.js'
import { planReads, type TransferPlan } from './range-plan.js'

export interface EarlyReadsRequest {
  /** The target file. */
  readonly fd: number
  readonly pool: BlockPool
  readonly checksum: Checksum
  /** What is likely to be the plan; another block size makes what was read worthless. */
  readonly plan: TransferPlan
  readonly start: bigint
}

/** Digests of so many blocks, of any hash, take some MiB of memory. */
const BLOCKS_MAX = 2 ** 16

/**
 * Digests of the target's first blocks, read while a source process starts: that takes as long as reading a GiB or more. Nothing is changed in
 * the file before what it had was asked about, so that they are as good as if they were read later.
 */
export class EarlyReads {
  readonly #spans = new Map<bigint, { readonly bytes: number; readonly digests: Promise<Uint8Array | null> }>()
  readonly #reading: Promise<void>
  #extent: ByteRange | null = null
  #stopped = false

  constructor(private readonly request: EarlyReadsRequest) {
    this.#reading = this.#read().catch(() => undefined)
  }

  /** Data of the file that were found, or null. */
  get extent(): ByteRange | null {
    return this.#extent
  }

  /** The digests of these blocks if they were begun; null also where they could not be read, which is told when they are read again. */
  async take(first: bigint, bytes: number, blockSize: number): Promise<Uint8Array | null> {
    const span = this.#spans.get(first)
    this.#spans.delete(first)
    return span?.bytes === bytes && this.request.plan.blockSize === blockSize ? span.digests : null
  }

  /** Begins no more: from here on blocks are read when their turn comes. */
  stop(): void {
    this.#stopped = true
  }

  /** Resolves when nothing is under way. */
  async stopped(): Promise<void> {
    this.stop()
    await this.#reading
    await Promise.all(Array.from(this.#spans.values(), ({ digests }) => digests))
  }

  async #read(): Promise<void> {
    const { fd, pool, plan, start } = this.request
    const grid = { blockSize: plan.blockSize, size: fstatSync(fd, { bigint: true }).size }
    const extent = (await pool.run({ kind: 'extent', fd, start, end: grid.size })) as ByteRange | null
    this.#extent = extent
    if (extent === null) return
    const underWay: Promise<unknown>[] = []
    let blocks = 0
    // The last block, which may be short, is left for later: the file may get another size.
    for (const span of planReads(grid, blockFrom(grid, extent.start), blockAt(grid, extent.end))) {
      blocks += span.count
      if (this.#stopped || blocks > BLOCKS_MAX) return
      const digests = this.#digest(offsetOf(grid, span.first), span.bytes)
      this.#spans.set(span.first, { bytes: span.bytes, digests })
      underWay.push(digests)
      // One more than are kept busy: they end in another order than this waits for them.
      if (underWay.length > pool.size) await underWay.shift()
    }
  }

  async #digest(offset: bigint, bytes: number): Promise<Uint8Array | null> {
    const { fd, pool, checksum, plan } = this.request
    const input = { kind: 'digest', fd, offset, bytes, blockSize: plan.blockSize, checksum } as const
    return pool.run(input).then(
      (digests) => digests as Uint8Array,
      () => null,
    )
  }
}
