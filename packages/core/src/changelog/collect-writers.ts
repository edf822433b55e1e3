import { OFFSET, OPEN_WRITES, RecordType, SATTR_SIZE } from './record-layout.js'
import { recordLength } from './reduce-records.js'
import type { TouchedTable } from './touched-table.js'
import { FID_WORDS, Touched } from './touched-types.js'

/**
 * Adds the files that the records of a chunk say were open for writing, written or truncated since `sinceSeconds` (unix), to within four seconds.
 * Gives the index of the last record; null for an empty chunk.
 */
export function collectWriters(chunk: Uint8Array, sinceSeconds: number, writers: TouchedTable): bigint | null {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  // `time` is seconds << 30 | nanoseconds: its high word is a quarter of the seconds.
  const sinceWord = Math.floor(sinceSeconds / 4)
  const fid = new Uint32Array(FID_WORDS)
  let last = -1
  for (let at = 0, length = 0; at < chunk.byteLength; at += length) {
    length = recordLength(view, at)
    last = at
    if (view.getUint32(at + OFFSET.time + 4, true) < sinceWord || !isWrite(view, at)) continue
    for (let word = 0; word < FID_WORDS; word += 1) fid[word] = view.getUint32(at + OFFSET.tfid + 4 * word, true)
    writers.add(fid, 0, Touched.data)
  }
  return last === -1 ? null : view.getBigUint64(last + OFFSET.index, true)
}

function isWrite(view: DataView, at: number): boolean {
  const flags = view.getUint16(at + OFFSET.flags, true)
  switch (view.getUint32(at + OFFSET.type, true)) {
    case RecordType.OPEN:
    case RecordType.CLOSE:
      return (flags & OPEN_WRITES) !== 0
    case RecordType.SATTR:
      return (flags & SATTR_SIZE) !== 0
    case RecordType.TRUNC:
    case RecordType.LYOUT:
      return true
    default:
      return false
  }
}
