import { type BlockGrid, blockAt, blockFrom, offsetOf, smaller } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import type { ByteRange } from './filediff-types.js'

/** Blocks that hold data, or only a hole. */
export interface Segment {
  readonly kind: 'data' | 'hole'
  readonly first: bigint
  readonly end: bigint
}

/**
 * Tells data from holes, in ascending order within a range, asking the file system once for each extent and not at all beyond the last: where
 * an extent ends is costly to find out in some file systems.
 */
export class SegmentWalker {
  #extent: ByteRange | null | undefined

  constructor(
    private readonly fd: number,
    private readonly grid: BlockGrid,
    private readonly pool: BlockPool,
    /** Data that are known already, or null. */
    known: ByteRange | null = null,
  ) {
    this.#extent = known ?? undefined
  }

  /** A range begins, anywhere in the file. Only data stay known: what was a hole may have been written meanwhile. */
  beginRange({ start }: ByteRange): void {
    const extent = this.#extent ?? null
    if (extent === null || start < extent.start || start >= extent.end) this.#extent = undefined
  }

  /** The segments of blocks `first` up to `end`. A block with any data in it counts as data. */
  async *segments(first: bigint, end: bigint): AsyncGenerator<Segment> {
    for (let block = first; block < end; ) {
      const extent = await this.#extentFrom(block)
      const data = extent === null ? end : blockAt(this.grid, extent.start)
      const kind = data > block ? 'hole' : 'data'
      const stop = smaller(end, extent === null || data > block ? data : blockFrom(this.grid, extent.end))
      yield { kind, first: block, end: stop }
      block = stop
    }
  }

  async #extentFrom(block: bigint): Promise<ByteRange | null> {
    const start = offsetOf(this.grid, block)
    if (this.#extent === null) return null
    if (this.#extent === undefined || this.#extent.end <= start) {
      this.#extent = (await this.pool.run({ kind: 'extent', fd: this.fd, start, end: this.grid.size })) as ByteRange | null
    }
    return this.#extent
  }
}
