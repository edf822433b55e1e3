import { larger } from '../filediff/block-grid.js'

/** What reading a file costs at least, however small it is. */
const LEAST_COST_BYTES = 4096n
const BUCKET_SECONDS = 3600

/** How much of what is known is read: a share, or so many bytes. */
export type SampleAmount = { readonly kind: 'percent'; readonly percent: number } | { readonly kind: 'bytes'; readonly bytes: bigint }

export function costOf(size: bigint): bigint {
  return larger(size, LEAST_COST_BYTES)
}

/** The bytes that one run reads, of `total`. */
export function sampleBudget(amount: SampleAmount, total: bigint): bigint {
  if (amount.kind === 'bytes') return amount.bytes
  return larger((total * BigInt(Math.round(amount.percent * 1000))) / 100_000n, LEAST_COST_BYTES)
}

/** Runs like this one until everything has been read once. */
export function runsToCover(total: bigint, budget: bigint): number {
  return total === 0n ? 0 : Math.max(1, Math.ceil(Number(total) / Number(budget)))
}

/** How much was last verified when, by the hour: what a sample needs to know of all files before it looks at one. */
export class AgeHistogram {
  readonly #buckets = new Map<number, bigint>()
  total = 0n

  add(verifiedAt: number, size: bigint): void {
    const bucket = bucketOf(verifiedAt)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0n) + costOf(size))
    this.total += costOf(size)
  }

  /** Chooses the files whose verification is the longest ago, for about `budget` bytes; at least one. */
  choose(budget: bigint): SampleChoice {
    let left = budget
    for (const bucket of [...this.#buckets.keys()].toSorted((a, b) => a - b)) {
      const cost = this.#buckets.get(bucket)!
      if (cost >= left) return new SampleChoice(bucket, left)
      left -= cost
    }
    return new SampleChoice(Number.POSITIVE_INFINITY, 0n)
  }
}

/** Which files a sample takes: everything before one hour, and of that hour as many as there is room for, in whatever order they come. */
export class SampleChoice {
  constructor(
    private readonly bucket: number,
    private left: bigint,
  ) {}

  takes(verifiedAt: number, size: bigint): boolean {
    const bucket = bucketOf(verifiedAt)
    if (bucket !== this.bucket) return bucket < this.bucket
    if (this.left <= 0n) return false
    this.left -= costOf(size)
    return true
  }
}

function bucketOf(verifiedAt: number): number {
  return Math.floor(verifiedAt / BUCKET_SECONDS)
}
