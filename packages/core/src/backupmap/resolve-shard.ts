import type { RecordedName } from '../changelog/collect-names.js'
import type { TouchedEntries } from '../changelog/touched-run.js'
import { FID_WORDS } from '../changelog/touched-types.js'
import { fidOfWords } from '../types/fid.js'
import { addToCounter, type SharedCounter } from '../workers/shared-counter.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import type { Identities } from './identities.js'
import type { Batch, Sides } from './locate-batch.js'
import type { PartWriter } from './part-writer.js'
import { readShard } from './read-shard.js'
import { pickItems, resolveBatch } from './resolve-batch.js'
import { fidWordsAt, ResolveSum } from './resolve-sum.js'
import type { Resolved } from './resolve-types.js'

const BATCH_FIDS = 2048

export interface ShardInput {
  /** Entries (FID, bits) of one shard, from every worker that read the log: the bits of equal FIDs are united. */
  readonly entries: readonly TouchedEntries[]
  /** Entries that were resolved already: left out. */
  readonly done: readonly TouchedEntries[]
  /** Names that the log holds for these FIDs; null = an inode with more links than are known is deferred. */
  readonly names: readonly RecordedName[] | null
}

/** What every thread looks at and raises. */
export interface SharedState {
  readonly stop: StopFlag
  readonly counter: SharedCounter
}

/** Resolves a shard in batches. What fails is tried once more; what fails again is counted as failed and named. */
export async function resolveShard(input: ShardInput, sides: Sides, writer: PartWriter, { stop, counter }: SharedState): Promise<Resolved> {
  const sum = new ResolveSum()
  for (const batch of batchesOf(input, sides.identities)) {
    throwIfStopped(stop)
    const failed = await resolveBatch(batch, sides, writer, sum, input.names)
    addToCounter(counter, batch.bits.length)
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

function* batchesOf({ entries, done }: ShardInput, identities: Identities): Generator<Batch> {
  const { fids, bits } = readShard(entries, done, identities)
  for (let start = 0; start < bits.length; start += BATCH_FIDS) {
    const end = Math.min(bits.length, start + BATCH_FIDS)
    yield { fids: fids.slice(start * FID_WORDS, end * FID_WORDS), bits: bits.slice(start, end) }
  }
}
