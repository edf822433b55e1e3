import { type BlockGrid, blockAt, blockFrom, offsetOf, smaller } from './block-grid.js'
import type { BlockPool } from './block-job-types.js'
import type { ByteRange } from './filediff-types.js'

/** Blocks that hold data, or only a hole. */
export interface Segment {
  readonly kind: 'data' | 'hole'
  readonly first: bigint
  readonly end: bigint
}

/** Tells data from holes in ascending order, asking the file system once for each extent and not at all beyond the last. */
export class SegmentWalker {
  #extent: ByteRange | null | undefined = undefined

  constructor(
    private readonly fd: number,
    private readonly grid: BlockGrid,
    /** End of what will be asked for, in bytes. */
    private readonly endOffset: bigint,
    private readonly pool: BlockPool,
  ) {}

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
      this.#extent = (await this.pool.run({ kind: 'extent', fd: this.fd, start, end: this.endOffset })) as ByteRange | null
    }
    return this.#extent
  }
}
