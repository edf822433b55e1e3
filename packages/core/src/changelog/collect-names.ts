import { EXTENSION, OFFSET, RECORD_FIXED_BYTES, RecordType } from './record-layout.js'
import { extensionsEnd, recordLength } from './reduce-records.js'
import type { TouchedTable } from './touched-table.js'
import { FID_WORDS } from './touched-types.js'

/** A place that a record names for an inode: bytes of FID and parent as packed, bytes of the name. */
export interface RecordedName {
  readonly fid: Uint8Array
  readonly parent: Uint8Array
  readonly name: Uint8Array
}

const FID_BYTES = 16
const NAMED_TYPES: ReadonlySet<number> = new Set([
  RecordType.CREAT,
  RecordType.MKDIR,
  RecordType.HLINK,
  RecordType.SLINK,
  RecordType.MKNOD,
  RecordType.UNLNK,
  RecordType.RMDIR,
  RecordType.RENME,
  RecordType.MIGRT,
])

/**
 * Every place that the records of a chunk name for the wanted inodes. Used for inodes with so many links that fid2path does not know all of them:
 * the names may be stale, and each has to be proved in a snapshot.
 */
export function collectNames(chunk: Uint8Array, wanted: TouchedTable): RecordedName[] {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const names: RecordedName[] = []
  const key = new Uint32Array(FID_WORDS)
  const isWanted = (at: number) => {
    for (let word = 0; word < FID_WORDS; word += 1) key[word] = view.getUint32(at + 4 * word, true)
    return wanted.bitsOf(key) !== 0
  }
  for (let at = 0, length = 0; at < chunk.byteLength; at += length) {
    length = recordLength(view, at)
    if (!NAMED_TYPES.has(view.getUint32(at + OFFSET.type, true))) continue
    const [newName, oldName] = namesOf(chunk, view, at, length)
    // What a rename replaces had the new name until then.
    for (const fid of [at + OFFSET.tfid, at + RECORD_FIXED_BYTES]) {
      if (fid !== at + OFFSET.tfid && oldName === null) continue
      if (isWanted(fid)) names.push(place(chunk, fid, at + OFFSET.pfid, newName))
    }
    if (oldName !== null && isWanted(at + RECORD_FIXED_BYTES)) {
      names.push(place(chunk, at + RECORD_FIXED_BYTES, at + RECORD_FIXED_BYTES + FID_BYTES, oldName))
    }
  }
  return names
}

/** The name, and the earlier one where the record has a source. */
function namesOf(chunk: Uint8Array, view: DataView, at: number, length: number): [Uint8Array, Uint8Array | null] {
  const area = chunk.subarray(extensionsEnd(view, at), at + length)
  if (!(view.getUint16(at + OFFSET.flags, true) & EXTENSION.rename)) return [area, null]
  const zero = area.indexOf(0)
  return zero === -1 ? [area, area] : [area.subarray(0, zero), area.subarray(zero + 1)]
}

function place(chunk: Uint8Array, fid: number, parent: number, name: Uint8Array): RecordedName {
  return { fid: chunk.slice(fid, fid + FID_BYTES), parent: chunk.slice(parent, parent + FID_BYTES), name: name.slice() }
}
