import { InFlight } from '../workers/in-flight.js'
import type { Digested } from './content.job.js'
import { batchesOf, type ContentPart } from './content-parts.js'
import type { ContentFile } from './content-port.js'

/** What reads and hashes parts of files. */
export interface PartReader {
  /** Threads among which the parts of one batch are shared out. */
  readonly threads: number
  /** Batches under way at once. */
  readonly batches: number
  /** What has become of each part, in their order. */
  read(parts: readonly ContentPart[]): Promise<readonly Digested[]>
  /** Puts the digests of the segments of one file together. */
  combine(digests: readonly Uint8Array[]): Promise<Digested>
}

/** Digests of files, in their order: small files many at a time, large ones in segments. Nothing is under way when it ends, however it does. */
export async function digestFiles(files: readonly ContentFile[], reader: PartReader): Promise<Digested[]> {
  const digested = new Array<Digested>(files.length)
  const segments = new Map<number, FileSegments>()
  const digestBatch = async (parts: readonly ContentPart[]) => {
    const outcomes = await reader.read(parts)
    for (const [index, { row, segmentIndex, segmentCount }] of parts.entries()) {
      const file = segments.get(row) ?? new FileSegments(segmentCount)
      if (!file.add(segmentIndex, outcomes[index]!)) segments.set(row, file)
      else {
        segments.delete(row)
        digested[row] = await file.join(reader)
      }
    }
  }
  await InFlight.run(reader.batches, async (work) => {
    for (const parts of batchesOf(files, reader.threads)) await work.start(() => digestBatch(parts))
  })
  return digested
}

class FileSegments {
  readonly #outcomes: Digested[]
  #left: number

  constructor(count: number) {
    this.#outcomes = new Array<Digested>(count)
    this.#left = count
  }

  /** Tells whether it was the last one. */
  add(index: number, outcome: Digested): boolean {
    this.#outcomes[index] = outcome
    this.#left -= 1
    return this.#left === 0
  }

  async join(reader: PartReader): Promise<Digested> {
    const outcomes = this.#outcomes
    const digests = outcomes.flatMap((outcome) => (outcome.kind === 'digest' ? [outcome.digest] : []))
    if (digests.length < outcomes.length) return outcomes.find(({ kind }) => kind !== 'digest')!
    return digests.length === 1 ? outcomes[0]! : reader.combine(digests)
  }
}
