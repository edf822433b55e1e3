import { larger, smaller } from './block-grid.js'
import { CHUNK_BLOCKS } from './kept-codec.js'

/** What a log says of blocks `first` up to `end`. */
export type KeptBlocks =
  | { readonly kind: 'digests'; readonly first: bigint; readonly end: bigint; readonly digests: Buffer }
  | { readonly kind: 'void'; readonly first: bigint; readonly end: bigint }
  | { readonly kind: 'unknown'; readonly first: bigint; readonly end: bigint }

interface DigestsRef {
  readonly sequence: number
  readonly first: bigint
  readonly count: number
  /** Where the digests lie in the log. */
  readonly position: number
}

interface VoidRef {
  readonly sequence: number
  readonly first: bigint
  readonly end: bigint
}

interface Chunk {
  readonly number: bigint
  readonly kinds: Uint8Array
  readonly digests: Buffer
}

const KIND = { unknown: 0, digest: 1, void: 2 } as const

/** Where in the log the digests of a block are: a few words a record, whatever the size of the file. Later records override earlier ones. */
export class KeptIndex {
  readonly #digests = new Map<bigint, DigestsRef[]>()
  #voids: VoidRef[] = []
  #sequence = 0
  #chunk: Chunk | null = null

  constructor(
    private readonly digestBytes: number,
    private readonly readDigests: (position: number, bytes: number) => Buffer,
  ) {}

  get refCount(): number {
    return this.#sequence
  }

  addDigests(first: bigint, count: number, position: number): void {
    const chunk = first / CHUNK_BLOCKS
    const refs = this.#digests.get(chunk) ?? []
    refs.push({ sequence: this.#sequence++, first, count, position })
    this.#digests.set(chunk, refs)
    if (this.#chunk?.number === chunk) this.#chunk = null
  }

  addVoid(first: bigint, end: bigint): void {
    this.#voids.push({ sequence: this.#sequence++, first, end })
    this.#chunk = null
  }

  /** Forgets what was said of blocks from `validBlocks` on. */
  forgetFrom(validBlocks: bigint): void {
    for (const [chunk, refs] of this.#digests) {
      const kept = refs.flatMap((ref) => {
        const count = Number(larger(0n, smaller(BigInt(ref.count), validBlocks - ref.first)))
        return count > 0 ? [{ ...ref, count }] : []
      })
      if (kept.length > 0) this.#digests.set(chunk, kept)
      else this.#digests.delete(chunk)
    }
    this.#voids = this.#voids.flatMap((ref) => (ref.first < validBlocks ? [{ ...ref, end: smaller(ref.end, validBlocks) }] : []))
    this.#chunk = null
  }

  /** What is known from block `first` on: one run of blocks of one kind, up to `end` at most, with at most a chunk of digests. */
  lookup(first: bigint, end: bigint): KeptBlocks {
    const chunk = this.#load(first / CHUNK_BLOCKS)
    const base = chunk.number * CHUNK_BLOCKS
    const start = Number(first - base)
    const limit = Number(smaller(end - base, CHUNK_BLOCKS))
    let stop = start + 1
    while (stop < limit && chunk.kinds[stop] === chunk.kinds[start]) stop += 1
    const found = { first, end: base + BigInt(stop) }
    if (chunk.kinds[start] === KIND.unknown) return { kind: 'unknown', ...found }
    if (chunk.kinds[start] === KIND.void) return { kind: 'void', ...found }
    return { kind: 'digests', ...found, digests: Buffer.from(chunk.digests.subarray(start * this.digestBytes, stop * this.digestBytes)) }
  }

  #load(number: bigint): Chunk {
    if (this.#chunk?.number === number) return this.#chunk
    const base = number * CHUNK_BLOCKS
    const kinds = new Uint8Array(Number(CHUNK_BLOCKS))
    const digests = Buffer.alloc(kinds.length * this.digestBytes)
    const voids = this.#voids.filter((ref) => ref.first < base + CHUNK_BLOCKS && ref.end > base)
    const refs = [...voids, ...(this.#digests.get(number) ?? [])].toSorted((a, b) => a.sequence - b.sequence)
    for (const ref of refs) {
      const start = Number(larger(ref.first - base, 0n))
      if ('end' in ref) kinds.fill(KIND.void, start, Number(smaller(ref.end - base, CHUNK_BLOCKS)))
      else {
        kinds.fill(KIND.digest, start, start + ref.count)
        digests.set(this.readDigests(ref.position, ref.count * this.digestBytes), start * this.digestBytes)
      }
    }
    this.#chunk = { number, kinds, digests }
    return this.#chunk
  }
}
