import { EXIT, LustrebackupError } from '../errors/errors.js'
import { PackedTable } from './packed-table.js'
import { FID_WORDS, MIGRATION_WORDS } from './touched-types.js'

/** FIDs that one inode had in turn, from MIGRT records: chains are joined, whatever order the pairs come in. */
export class Migrations {
  readonly #newest: PackedTable
  readonly #oldest: PackedTable

  /** `pairs`: old FID, new FID, as the records have them. A chain that comes back to itself, which Lustre never writes, is an error. */
  constructor(readonly pairs: Uint32Array) {
    const next = new PackedTable(FID_WORDS, FID_WORDS, pairs.length / MIGRATION_WORDS)
    const previous = new PackedTable(FID_WORDS, FID_WORDS, pairs.length / MIGRATION_WORDS)
    for (let at = 0; at < pairs.length; at += MIGRATION_WORDS) {
      store(next, pairs, at, at + FID_WORDS)
      store(previous, pairs, at + FID_WORDS, at)
    }
    this.#newest = followed(next)
    this.#oldest = followed(previous)
  }

  get count(): number {
    return this.#newest.count
  }

  /** Writes the identity that the FID at `source[at]` has at the end of the interval over it; false when it did not migrate. */
  toNewest(source: Uint32Array, at: number): boolean {
    return replace(this.#newest, source, at)
  }

  /** Writes the identity that the FID had at the start of the interval over it; false when no migration led to it. */
  toOldest(source: Uint32Array, at: number): boolean {
    return replace(this.#oldest, source, at)
  }

  /** Whether the FID was given up for another one in this interval. */
  isOld(source: Uint32Array, at: number): boolean {
    return this.#newest.find(source, at) !== -1
  }

  isNew(source: Uint32Array, at: number): boolean {
    return this.#oldest.find(source, at) !== -1
  }
}

function store(table: PackedTable, pairs: Uint32Array, key: number, value: number): void {
  const offset = table.insert(pairs, key) + FID_WORDS
  table.words.set(pairs.subarray(value, value + FID_WORDS), offset)
}

function replace(table: PackedTable, fid: Uint32Array, at: number): boolean {
  const offset = table.find(fid, at)
  if (offset === -1) return false
  fid.set(table.words.subarray(offset + FID_WORDS, offset + 2 * FID_WORDS), at)
  return true
}

/** Points every key at the end of its chain. */
function followed(table: PackedTable): PackedTable {
  table.visit((words, offset) => {
    const value = offset + FID_WORDS
    for (let steps = 0; replace(table, words, value); steps += 1) {
      if (steps > table.count) {
        throw new LustrebackupError('CHANGELOG_DAMAGED', 'reading the changelog: its MIGRT records form a circle', {
          exitCode: EXIT.fullMapNeeded,
          hint: 'Make a full map: lustrebackup_source_map --full.',
        })
      }
    }
  })
  return table
}
