import { readEntries, type TouchedEntries } from '../changelog/touched-run.js'
import { TouchedTable } from '../changelog/touched-table.js'
import { FID_WORDS, TOUCHED_WORDS } from '../changelog/touched-types.js'
import type { Identities } from './identities.js'
import type { Batch } from './locate-batch.js'
import { orderByFid } from './order-by-fid.js'

/**
 * The FIDs of a shard, each once with all of its bits, in the order of their words: however they were divided among readers and runs, the result is the
 * same. Left out is what is in `done`, and what was given up by a migration.
 */
export function readShard(entries: readonly TouchedEntries[], done: readonly TouchedEntries[], identities: Identities): Batch {
  const words = joinEntries(entries)
  const resolved = new TouchedTable()
  for (const part of done) resolved.merge(readEntries(part))
  const order = orderByFid(words, TOUCHED_WORDS)
  const fids = new Uint32Array(order.length * FID_WORDS)
  const bits = new Uint32Array(order.length)
  let count = 0
  for (let place = 0; place < order.length; place += 1) {
    const at = order[place]! * TOUCHED_WORDS
    if (count > 0 && sameFid(words, at, fids, (count - 1) * FID_WORDS)) {
      bits[count - 1]! |= words[at + FID_WORDS]!
      continue
    }
    if (identities.isOld(words, at) || (resolved.count > 0 && resolved.bitsOf(words, at) !== 0)) continue
    for (let word = 0; word < FID_WORDS; word += 1) fids[count * FID_WORDS + word] = words[at + word]!
    bits[count] = words[at + FID_WORDS]!
    count += 1
  }
  return { fids: fids.subarray(0, count * FID_WORDS), bits: bits.subarray(0, count) }
}

function joinEntries(parts: readonly TouchedEntries[]): Uint32Array {
  const wordCount = parts.reduce((sum, part) => sum + (part instanceof Uint32Array ? part.length : part.wordCount), 0)
  const words = new Uint32Array(wordCount)
  let filled = 0
  for (const part of parts) {
    const read = readEntries(part)
    words.set(read, filled)
    filled += read.length
  }
  return words
}

function sameFid(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  return a[atA] === b[atB] && a[atA + 1] === b[atB + 1] && a[atA + 2] === b[atB + 2] && a[atA + 3] === b[atB + 3]
}
