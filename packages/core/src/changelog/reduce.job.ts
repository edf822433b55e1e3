import type { Job } from '../workers/worker-types.js'
import { collectNames, type RecordedName } from './collect-names.js'
import { Migrations } from './migrations.js'
import { type ChunkAccount, reduceRecords } from './reduce-records.js'
import { Reduction } from './reduction.js'
import type { TouchedEntries } from './touched-run.js'
import { TouchedTable } from './touched-table.js'

/** In this order: chunks, `end` (once all chunks are answered), `export` (with the migrations of all workers joined). `collect` needs none of them. */
export type ReduceInput =
  | { readonly kind: 'chunk'; readonly records: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'export'; readonly migrationPairs: Uint32Array; readonly shardCount: number }
  | { readonly kind: 'collect'; readonly records: Uint8Array; readonly wanted: Uint32Array }

export type ReduceOutput =
  /** `openers`: null while they are few enough to stay here. */
  | { readonly kind: 'chunk'; readonly account: ChunkAccount; readonly openers: Uint32Array | null }
  | { readonly kind: 'end'; readonly migrationPairs: Uint32Array; readonly openers: Uint32Array; readonly touchedCount: number }
  | { readonly kind: 'export'; readonly shards: readonly (readonly TouchedEntries[])[] }
  | { readonly kind: 'collect'; readonly names: readonly RecordedName[] }

export interface ReduceSettings {
  /** See `Reduction`. */
  readonly tailSeconds: number | null
  /** See `TouchedRoom`. */
  readonly entriesInMemory: number
  readonly folder: string
}

/** A file is often opened in the chunk of one reader and closed in that of another: from so many on they are handed in. */
export const OPENERS_KEPT = 100_000

/** Reduces the chunks that one worker is given to one set of touched FIDs. */
export function createReduceJob(settings: ReduceSettings, workerIndex: number): Job<ReduceInput, ReduceOutput> {
  const { tailSeconds, entriesInMemory, folder } = settings
  const reduction = new Reduction({ entriesInMemory, folder, name: `r${workerIndex}` }, tailSeconds)
  return (input) => {
    switch (input.kind) {
      case 'chunk':
        return reduceChunk(input.records, reduction)
      case 'end':
        return {
          kind: 'end',
          migrationPairs: reduction.migrationPairs,
          openers: reduction.takeOpeners(),
          touchedCount: reduction.touched.count,
        }
      case 'export':
        return { kind: 'export', shards: exportShards(reduction, input.migrationPairs, input.shardCount) }
      case 'collect':
        return { kind: 'collect', names: collectNames(input.records, wantedTable(input.wanted)) }
    }
  }
}

function reduceChunk(records: Uint8Array, reduction: Reduction): ReduceOutput {
  const account = reduceRecords(records, reduction)
  reduction.touched.spillIfFull()
  return { kind: 'chunk', account, openers: reduction.openers.count > OPENERS_KEPT ? reduction.takeOpeners() : null }
}

function exportShards(reduction: Reduction, migrationPairs: Uint32Array, shardCount: number): TouchedEntries[][] {
  reduction.applyMigrations(new Migrations(migrationPairs))
  return reduction.touched.export(shardCount)
}

function wantedTable(wanted: Uint32Array): TouchedTable {
  const table = new TouchedTable()
  table.merge(wanted)
  return table
}
