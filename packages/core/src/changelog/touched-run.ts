import { closeSync, openSync, readSync } from 'node:fs'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { appendToFile } from '../state/append-file.js'
import { PARTITION_COUNT, partitionOf, shardOfPartition } from './packed-table.js'
import type { TouchedTable } from './touched-table.js'
import { TOUCHED_WORDS } from './touched-types.js'

const WORD_BYTES = 4

/** Entries (FID, bits) on disk. */
export interface RunSlice {
  readonly file: string
  readonly firstWord: number
  readonly wordCount: number
}

/** Entries of a touched set: in memory that threads share, or on disk. */
export type TouchedEntries = Uint32Array | RunSlice

/** A touched set that was written to disk, sorted by partition: what belongs to a shard is one piece of it. */
export interface TouchedRun {
  readonly file: string
  /** Words before each partition; one more for the end. */
  readonly starts: Float64Array
}

/** Writes all entries into a new file. Nobody has to find it after a crash. */
export function writeRun(file: string, table: TouchedTable): TouchedRun {
  const all = new Uint32Array(table.count * TOUCHED_WORDS)
  const starts = new Float64Array(PARTITION_COUNT + 1)
  let filled = 0
  let partition = 0
  table.group(PARTITION_COUNT, partitionOf, (wordCount) => {
    const entries = all.subarray(filled, filled + wordCount)
    filled += wordCount
    partition += 1
    starts[partition] = filled
    return entries
  })
  appendToFile(file, new Uint8Array(all.buffer), { sync: false })
  return { file, starts }
}

/** The piece of a run that belongs to one of `shardCount` shards. */
export function sliceOf({ file, starts }: TouchedRun, shard: number, shardCount: number): RunSlice {
  let [first, end] = [0, 0]
  for (let partition = 0; partition < PARTITION_COUNT; partition += 1) {
    const of = shardOfPartition(partition, shardCount)
    if (of < shard) first = partition + 1
    if (of <= shard) end = partition + 1
  }
  return { file, firstWord: starts[first]!, wordCount: starts[end]! - starts[first]! }
}

export function readEntries(entries: TouchedEntries): Uint32Array {
  if (entries instanceof Uint32Array) return entries
  const words = new Uint32Array(entries.wordCount)
  if (entries.wordCount === 0) return words
  const bytes = new Uint8Array(words.buffer)
  try {
    const fd = openSync(entries.file, 'r')
    try {
      for (let read = 0; read < bytes.length; ) {
        const count = readSync(fd, bytes, read, bytes.length - read, entries.firstWord * WORD_BYTES + read)
        if (count === 0) throw new Error('it is shorter than what was written')
        read += count
      }
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw new LustrebackupError('TOUCHED_UNREADABLE', `reading what was touched: cannot read ${entries.file}: ${reasonOf(error)}`, {
      hint: 'Check that the file system of [LUSTRE] meta_basepath is mounted and that nobody else clears its tmp folder, then run the same command again.',
      cause: error,
    })
  }
  return words
}
