import { EXTENSION, LOW_FLAGS, OFFSET, RECORD_FIXED_BYTES } from '../changelog/record-layout.js'
import { extensionsEnd, recordLength } from '../changelog/reduce-records.js'
import { FID_BYTES } from '../types/fid.js'
import { recordTypeName } from './explain-plan.js'
import type { ExplainedRecord } from './explain-types.js'

/** Bits of the raw time below whole seconds. */
const SECONDS_SHIFT = 30n

/** The records of a chunk of whole packed records that name an inode, each with the first role in which it does. */
export function findRecords(chunk: Uint8Array, fid: Uint8Array, mdt: string): ExplainedRecord[] {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const found: ExplainedRecord[] = []
  for (let at = 0, length = 0; at < chunk.byteLength; at += length) {
    length = recordLength(view, at)
    const role = roleIn(bytes, view, at, fid)
    if (role === null) continue
    const name = bytes.subarray(extensionsEnd(view, at), at + length)
    const zero = name.indexOf(0)
    found.push({
      mdt,
      recno: view.getBigUint64(at + OFFSET.index, true),
      atSeconds: Number(view.getBigUint64(at + OFFSET.time, true) >> SECONDS_SHIFT),
      type: recordTypeName(view.getUint32(at + OFFSET.type, true)),
      flags: view.getUint16(at + OFFSET.flags, true) & LOW_FLAGS,
      role,
      name: Buffer.from(zero === -1 ? name : name.subarray(0, zero)),
    })
  }
  return found
}

function roleIn(bytes: Buffer, view: DataView, at: number, fid: Uint8Array): ExplainedRecord['role'] | null {
  const is = (offset: number) => bytes.compare(fid, 0, FID_BYTES, offset, offset + FID_BYTES) === 0
  if (is(at + OFFSET.tfid)) return 'target'
  const hasSource = (view.getUint16(at + OFFSET.flags, true) & EXTENSION.rename) !== 0
  if (hasSource && is(at + RECORD_FIXED_BYTES)) return 'source'
  if (is(at + OFFSET.pfid)) return 'parent'
  return hasSource && is(at + RECORD_FIXED_BYTES + FID_BYTES) ? 'source parent' : null
}
