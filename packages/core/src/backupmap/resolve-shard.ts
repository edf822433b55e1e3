import type { RecordedName } from '../changelog/collect-names.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { FID_WORDS } from '../changelog/touched-types.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import { fidOfWords } from './identities.js'
import type { Batch, Sides } from './locate-batch.js'
import type { PartWriter } from './part-writer.js'
import { pickItems, resolveBatch } from './resolve-batch.js'
import { fidWordsAt, ResolveSum } from './resolve-sum.js'
import type { Resolved } from './resolve-types.js'

const BATCH_FIDS = 2048

export interface ShardInput {
  /** Entries (FID, bits) of one shard, from every worker that read the log: the bits of equal FIDs are united. */
  readonly entries: readonly Uint32Array[]
  /** Entries that were resolved already: left out. */
  readonly done: readonly Uint32Array[]
  /** Names that the log holds for these FIDs; null = an inode with more links than are known is deferred. */
  readonly names: readonly RecordedName[] | null
}

/** Resolves a shard in batches. What fails is tried once more; what fails again is counted as failed and named. */
export async function resolveShard(input: ShardInput, sides: Sides, writer: PartWriter, stop: StopFlag): Promise<Resolved> {
  const sum = new ResolveSum()
  for (const batch of batchesOf(input)) {
    throwIfStopped(stop)
    const failed = await resolveBatch(batch, sides, writer, sum, input.names)
    if (failed.length === 0) continue
    const again = pickItems(
      batch,
      failed.map(({ item }) => item),
    )
    for (const { item, reason } of await resolveBatch(again, sides, writer, sum, input.names)) {
      sum.addFailed(fidOfWords(fidWordsAt(again.fids, item)), reason)
    }
  }
  return sum.result()
}

function* batchesOf({ entries, done }: ShardInput): Generator<Batch> {
  const table = new TouchedTable(Math.max(0, ...entries.map((part) => part.length / (FID_WORDS + 1))))
  for (const part of entries) table.merge(part)
  const resolved = new TouchedTable()
  for (const part of done) resolved.merge(part)
  const all = { fids: new Uint32Array(table.count * FID_WORDS), bits: new Uint32Array(table.count) }
  let count = 0
  table.visit((words, offset, bits) => {
    if (resolved.bitsOf(words, offset) !== 0) return
    all.fids.set(words.subarray(offset, offset + FID_WORDS), count * FID_WORDS)
    all.bits[count] = bits
    count += 1
  })
  for (let start = 0; start < count; start += BATCH_FIDS) {
    const end = Math.min(count, start + BATCH_FIDS)
    yield { fids: all.fids.slice(start * FID_WORDS, end * FID_WORDS), bits: all.bits.slice(start, end) }
  }
}
