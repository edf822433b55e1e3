import { EXIT, LustrebackupError } from '../errors/errors.js'
import {
  EXTENSION,
  EXTENSION_BYTES,
  EXTRA,
  EXTRA_BYTES,
  LAST_LINK,
  LOW_FLAGS,
  OFFSET,
  OPEN_CREATED,
  OPEN_WRITES,
  RECORD_FIXED_BYTES,
  RecordType,
  SATTR_SIZE,
} from './record-layout.js'
import type { Reduction } from './reduction.js'
import { Touched } from './touched-types.js'

/** What to do about records that are missing between others. */
export const GAP_OPTIONS = {
  exitCode: EXIT.fullMapNeeded,
  hint: 'Changes would be missed. Make a full map: lustrebackup_source_map --full.',
} as const

/** The records of a chunk, from its last gap on: how many, and the first and last index. An empty chunk has none. */
export interface ChunkAccount {
  readonly recordCount: number
  readonly firstRecno: bigint
  readonly lastRecno: bigint
}

/**
 * Adds every record of a chunk of whole packed records to a reduction. No object is made per record, and a read costs a few comparisons.
 * Indexes that do not rise by one, or bytes that are no record, are an error: nothing may be missed in silence. Only where gaps are accepted, the
 * account begins anew behind one.
 */
export function reduceRecords(chunk: Uint8Array, reduction: Reduction): ChunkAccount {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  let firstRecno = chunk.byteLength >= RECORD_FIXED_BYTES ? view.getBigUint64(OFFSET.index, true) : 0n
  let recordCount = 0
  let indexLow = Number(firstRecno & 0xffffffffn)
  for (let at = 0; at < chunk.byteLength; ) {
    const length = recordLength(view, at)
    if (view.getUint32(at + OFFSET.index, true) !== indexLow) {
      if (!reduction.acceptsGaps) throw indexJump(view, at, firstRecno + BigInt(recordCount))
      firstRecno = view.getBigUint64(at + OFFSET.index, true)
      indexLow = Number(firstRecno & 0xffffffffn)
      recordCount = 0
    }
    reduceRecord(view, at, reduction)
    indexLow = (indexLow + 1) >>> 0
    recordCount += 1
    at += length
  }
  return { recordCount, firstRecno, lastRecno: firstRecno + BigInt(recordCount) - 1n }
}

/** Bytes of the record at `at`: fixed part, extensions and name. */
export function recordLength(view: DataView, at: number): number {
  const rest = view.byteLength - at
  const length = rest < RECORD_FIXED_BYTES ? RECORD_FIXED_BYTES : extensionsEnd(view, at) - at + view.getUint16(at + OFFSET.namelen, true)
  if (length > rest) {
    throw new LustrebackupError('CHANGELOG_DAMAGED', `reading the changelog: a record of ${length} bytes, but only ${rest} bytes are left`)
  }
  return length
}

/** Offset of the name: what follows the fixed part and the extensions. */
export function extensionsEnd(view: DataView, at: number): number {
  const flags = view.getUint16(at + OFFSET.flags, true)
  let end = at + RECORD_FIXED_BYTES
  if (flags & EXTENSION.rename) end += EXTENSION_BYTES.rename
  if (flags & EXTENSION.jobid) end += EXTENSION_BYTES.jobid
  if (!(flags & EXTENSION.extra)) return end
  end += EXTENSION_BYTES.extra
  if (end > view.byteLength) return end
  const extra = view.getUint32(end - EXTENSION_BYTES.extra, true)
  if (extra & EXTRA.uidgid) end += EXTRA_BYTES.uidgid
  if (extra & EXTRA.nid) end += EXTRA_BYTES.nid
  if (extra & EXTRA.openMode) end += EXTRA_BYTES.openMode
  if (extra & EXTRA.xattr) end += EXTRA_BYTES.xattr
  return end
}

function reduceRecord(view: DataView, at: number, reduction: Reduction): void {
  const type = view.getUint32(at + OFFSET.type, true)
  const flags = view.getUint16(at + OFFSET.flags, true)
  const tfid = at + OFFSET.tfid
  const pfid = at + OFFSET.pfid
  const data = dataBits(view, at, reduction)
  switch (type) {
    case RecordType.OPEN:
    case RecordType.CLOSE:
      if (flags & OPEN_WRITES) reduceWriter(view, at, flags, data, reduction)
      return
    case RecordType.MARK:
    case RecordType.GXATR:
    case RecordType.NOPEN:
      return
    case RecordType.CREAT:
    case RecordType.MKDIR:
    case RecordType.SLINK:
    case RecordType.MKNOD:
      reduction.touch(view, tfid, Touched.namespace | Touched.created)
      reduction.touch(view, pfid, Touched.meta)
      return
    case RecordType.HLINK:
    case RecordType.UNLNK:
    case RecordType.RMDIR:
      reduction.touch(view, tfid, Touched.namespace | Touched.meta | lastLinkBit(type, flags))
      reduction.touch(view, pfid, Touched.meta)
      return
    case RecordType.RENME:
      reduction.touch(view, tfid, Touched.namespace | Touched.meta | (flags & LAST_LINK ? Touched.lastLinkGone : 0))
      reduction.touch(view, pfid, Touched.meta)
      reduceSource(view, at, flags, Touched.namespace, reduction)
      return
    case RecordType.MIGRT:
      reduction.touch(view, tfid, Touched.namespace)
      reduction.touch(view, pfid, Touched.meta)
      reduceMigration(view, at, flags, reduction)
      return
    case RecordType.TRUNC:
    case RecordType.HSM:
    case RecordType.FLRW:
    case RecordType.RESYNC:
      reduction.touch(view, tfid, data)
      return
    case RecordType.LYOUT:
    case RecordType.MTIME:
      reduction.touch(view, tfid, data | Touched.meta)
      return
    case RecordType.SATTR:
      reduction.touch(view, tfid, flags & SATTR_SIZE ? data | Touched.meta : Touched.meta)
      return
    case RecordType.XATTR:
    case RecordType.CTIME:
    case RecordType.ATIME:
      reduction.touch(view, tfid, Touched.meta)
      return
    default:
      // A type that this software does not know may mean anything.
      reduction.touch(view, tfid, Touched.namespace | data | Touched.meta)
      reduction.touch(view, pfid, Touched.meta)
      reduceSource(view, at, flags, Touched.namespace | data | Touched.meta, reduction)
  }
}

function lastLinkBit(type: number, flags: number): number {
  return type !== RecordType.HLINK && flags & LAST_LINK ? Touched.lastLinkGone : 0
}

function reduceSource(view: DataView, at: number, flags: number, bits: number, reduction: Reduction): void {
  if (!(flags & EXTENSION.rename)) return
  reduction.touch(view, at + RECORD_FIXED_BYTES, bits)
  reduction.touch(view, at + RECORD_FIXED_BYTES + 16, Touched.meta)
}

function reduceMigration(view: DataView, at: number, flags: number, reduction: Reduction): void {
  if (!(flags & EXTENSION.rename)) return
  reduction.migrate(view, at + RECORD_FIXED_BYTES, at + OFFSET.tfid)
  reduction.touch(view, at + RECORD_FIXED_BYTES + 16, Touched.meta)
}

/** A change of data in the tail of the log may not have reached the snapshot yet. `time` is seconds << 30 | nanoseconds: its high word is a quarter of the seconds. */
function dataBits(view: DataView, at: number, reduction: Reduction): number {
  return view.getUint32(at + OFFSET.time + 4, true) >= reduction.tailTimeWord ? Touched.data | Touched.recheck : Touched.data
}

function reduceWriter(view: DataView, at: number, flags: number, data: number, reduction: Reduction): void {
  const delta = view.getUint32(at + OFFSET.type, true) === RecordType.OPEN ? 1 : -1
  reduction.touch(view, at + OFFSET.tfid, data)
  let extra = at + RECORD_FIXED_BYTES
  if (flags & EXTENSION.rename) extra += EXTENSION_BYTES.rename
  if (flags & EXTENSION.jobid) extra += EXTENSION_BYTES.jobid
  const hasOwner = (flags & EXTENSION.extra) !== 0 && (view.getUint32(extra, true) & EXTRA.uidgid) !== 0
  const uid = hasOwner ? view.getUint32(extra + EXTENSION_BYTES.extra, true) : 0
  const gid = hasOwner ? view.getUint32(extra + EXTENSION_BYTES.extra + 8, true) : 0
  reduction.countOpen(view, at, uid, gid, flags & LOW_FLAGS & ~OPEN_CREATED, delta)
}

function indexJump(view: DataView, at: number, expected: bigint): LustrebackupError {
  const found = view.getBigUint64(at + OFFSET.index, true)
  return new LustrebackupError(
    'CHANGELOG_GAP',
    `reading the changelog: record ${expected} was expected, but record ${found} came`,
    GAP_OPTIONS,
  )
}
