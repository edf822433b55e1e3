import type { Job } from '../workers/worker-types.js'
import { collectNames, type RecordedName } from './collect-names.js'
import { Migrations } from './migrations.js'
import { type ChunkAccount, reduceRecords } from './reduce-records.js'
import { Reduction } from './reduction.js'
import { TouchedTable } from './touched-table.js'

/** In this order: chunks, `end` (once all chunks are answered), `export` (with the migrations of all workers joined). `collect` needs none of them. */
export type ReduceInput =
  | { readonly kind: 'chunk'; readonly records: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'export'; readonly migrationPairs: Uint32Array; readonly shardCount: number }
  | { readonly kind: 'collect'; readonly records: Uint8Array; readonly wanted: Uint32Array }

export type ReduceOutput =
  | { readonly kind: 'chunk'; readonly account: ChunkAccount }
  | { readonly kind: 'end'; readonly migrationPairs: Uint32Array; readonly openers: Uint32Array; readonly touchedCount: number }
  | { readonly kind: 'export'; readonly shards: readonly Uint32Array[] }
  | { readonly kind: 'collect'; readonly names: readonly RecordedName[] }

export interface ReduceSettings {
  /** See `Reduction`. */
  readonly tailSeconds: number | null
}

/** Reduces the chunks that one worker is given to one set of touched FIDs. */
export function createReduceJob({ tailSeconds }: ReduceSettings): Job<ReduceInput, ReduceOutput> {
  const reduction = new Reduction(tailSeconds)
  return (input) => {
    switch (input.kind) {
      case 'chunk':
        return { kind: 'chunk', account: reduceRecords(input.records, reduction) }
      case 'end':
        return {
          kind: 'end',
          migrationPairs: reduction.migrationPairs,
          openers: reduction.openers.export(),
          touchedCount: reduction.touched.count,
        }
      case 'export':
        return { kind: 'export', shards: exportShards(reduction, input.migrationPairs, input.shardCount) }
      case 'collect':
        return { kind: 'collect', names: collectNames(input.records, wantedTable(input.wanted)) }
    }
  }
}

function exportShards(reduction: Reduction, migrationPairs: Uint32Array, shardCount: number): Uint32Array[] {
  const migrations = new Migrations(migrationPairs)
  reduction.applyMigrations(migrations)
  return reduction.exportShards(shardCount, migrations)
}

function wantedTable(wanted: Uint32Array): TouchedTable {
  const table = new TouchedTable()
  table.merge(wanted)
  return table
}
