import { type Fid, readFid, writeFid, ZERO_FID } from './fid.js'
import { CLF_EXTRA, CLF_JOBID, CLF_RENAME, CLF_VERSION, type RecordTypeName, recordTypeName } from './record-types.js'

/** One changelog record, as the device delivers it. `flags` are the low 12 bits; null means that the extension is absent. */
export interface ChangelogRecord {
  readonly type: number
  readonly typeName: RecordTypeName | string
  readonly flags: number
  readonly index: number
  readonly timeNs: bigint
  readonly tfid: Fid
  readonly pfid: Fid
  readonly sfid: Fid | null
  readonly spfid: Fid | null
  readonly jobid: string | null
  readonly extraFlags: number
  readonly uid: number | null
  readonly gid: number | null
  readonly nid: bigint | null
  readonly openFlags: number | null
  readonly xattr: string | null
  /** The entry's name; for RENME and MIGRT the new one. */
  readonly name: Buffer
  /** The old name of RENME and MIGRT. */
  readonly sourceName: Buffer | null
}

/** What the engine says about a record; everything else follows from its type. */
export interface RecordInput {
  readonly type: number
  readonly flags?: number
  readonly tfid?: Fid
  readonly pfid?: Fid
  readonly name?: string
  readonly source?: { readonly fid: Fid; readonly parent: Fid; readonly name: string }
  readonly isOpen?: boolean
  readonly xattr?: string
}

/** Who does what is being recorded. */
export interface RecordStamp {
  readonly index: number
  readonly timeNs: bigint
  /** null: a record that the server makes by itself. */
  readonly jobid: string | null
  readonly uid: number
  readonly gid: number
  readonly nid: bigint
}

const EXTRA_UIDGID = 0x1
const EXTRA_NID = 0x2
const EXTRA_OPEN = 0x4
const EXTRA_XATTR = 0x8
const FIXED_SIZE = 64
/** Room for every extension and two names of 255 bytes. */
export const MAX_RECORD_SIZE = 1024

/** Packs a record exactly as a Lustre 2.17 device does: no padding, every record with UIDGID and NID. Names are latin1, one char a byte. */
export function encodeRecord(input: RecordInput, stamp: RecordStamp): Buffer {
  const record = Buffer.allocUnsafe(MAX_RECORD_SIZE)
  return record.subarray(0, packRecord(record, 0, input, stamp))
}

/** Packs a record into a buffer that has MAX_RECORD_SIZE left; returns where it ends. */
export function packRecord(target: Buffer, start: number, input: RecordInput, stamp: RecordStamp): number {
  const name = input.source ? `${input.name ?? ''}\0${input.source.name}` : (input.name ?? '')
  const extra = EXTRA_UIDGID | EXTRA_NID | (input.isOpen ? EXTRA_OPEN : 0) | (input.xattr === undefined ? 0 : EXTRA_XATTR)
  const flags = (input.flags ?? 0) | CLF_VERSION | CLF_EXTRA | (input.source ? CLF_RENAME : 0) | (stamp.jobid === null ? 0 : CLF_JOBID)
  const end = start + recordSize(flags, extra, name.length)
  target.fill(0, start, end)
  target.writeUInt16LE(name.length, start)
  target.writeUInt16LE(flags, start + 2)
  target.writeUInt32LE(input.type, start + 4)
  write64(target, start + 8, stamp.index)
  target.writeBigUInt64LE(((stamp.timeNs / 1_000_000_000n) << 30n) | (stamp.timeNs % 1_000_000_000n), start + 24)
  writeFid(target, start + 32, input.tfid ?? ZERO_FID)
  let at = writeFid(target, start + 48, input.pfid ?? ZERO_FID)
  if (input.source) at = writeFid(target, writeFid(target, at, input.source.fid), input.source.parent)
  if (stamp.jobid !== null) {
    target.write(stamp.jobid, at, 31, 'latin1')
    at += 32
  }
  at = write64(target, write64(target, write64(target, at, extra), stamp.uid), stamp.gid)
  target.writeBigUInt64LE(stamp.nid, at)
  at += 24
  if (input.isOpen) at = target.writeUInt32LE(flags, at)
  if (input.xattr !== undefined) {
    target.write(input.xattr, at, 255, 'latin1')
    at += 256
  }
  target.write(name, at, 'latin1')
  return end
}

/** Two 32-bit stores: several times faster than writeBigUInt64LE. */
function write64(target: Buffer, at: number, value: number): number {
  target.writeUInt32LE(value % 0x100000000, at)
  return target.writeUInt32LE(Math.floor(value / 0x100000000), at + 4)
}

function recordSize(flags: number, extra: number, nameLength: number): number {
  let size = FIXED_SIZE + nameLength
  if (flags & CLF_RENAME) size += 32
  if (flags & CLF_JOBID) size += 32
  if (!(flags & CLF_EXTRA)) return size
  size += 8
  if (extra & EXTRA_UIDGID) size += 16
  if (extra & EXTRA_NID) size += 24
  if (extra & EXTRA_OPEN) size += 4
  return extra & EXTRA_XATTR ? size + 256 : size
}

/** The whole length of the record that begins at `offset`. */
export function recordLength(bytes: Buffer, offset: number): number {
  const flags = bytes.readUInt16LE(offset + 2)
  const extraAt = offset + FIXED_SIZE + (flags & CLF_RENAME ? 32 : 0) + (flags & CLF_JOBID ? 32 : 0)
  return recordSize(flags, flags & CLF_EXTRA ? bytes.readUInt32LE(extraAt) : 0, bytes.readUInt16LE(offset))
}

export function decodeRecord(bytes: Buffer, offset: number): ChangelogRecord {
  const highFlags = bytes.readUInt16LE(offset + 2)
  const type = bytes.readUInt32LE(offset + 4)
  const time = bytes.readBigUInt64LE(offset + 24)
  let at = offset + FIXED_SIZE
  const take = (size: number) => {
    at += size
    return at - size
  }
  const sfid = highFlags & CLF_RENAME ? readFid(bytes, take(16)) : null
  const spfid = sfid ? readFid(bytes, take(16)) : null
  const jobid = highFlags & CLF_JOBID ? zeroTerminated(bytes, take(32), 32) : null
  const extraFlags = highFlags & CLF_EXTRA ? bytes.readUInt32LE(take(8)) : 0
  const uidAt = extraFlags & EXTRA_UIDGID ? take(16) : null
  const nidAt = extraFlags & EXTRA_NID ? take(24) : null
  const openFlags = extraFlags & EXTRA_OPEN ? bytes.readUInt32LE(take(4)) : null
  const xattr = extraFlags & EXTRA_XATTR ? zeroTerminated(bytes, take(256), 256) : null
  const area = bytes.subarray(at, at + bytes.readUInt16LE(offset))
  const zero = sfid ? area.indexOf(0) : -1
  return {
    type,
    typeName: recordTypeName(type),
    flags: highFlags & 0xfff,
    index: Number(bytes.readBigUInt64LE(offset + 8)),
    timeNs: (time >> 30n) * 1_000_000_000n + (time & 0x3fffffffn),
    tfid: readFid(bytes, offset + 32),
    pfid: readFid(bytes, offset + 48),
    sfid,
    spfid,
    jobid,
    extraFlags,
    uid: uidAt === null ? null : Number(bytes.readBigUInt64LE(uidAt)),
    gid: uidAt === null ? null : Number(bytes.readBigUInt64LE(uidAt + 8)),
    nid: nidAt === null ? null : bytes.readBigUInt64LE(nidAt),
    openFlags,
    xattr,
    name: Buffer.from(zero < 0 ? area : area.subarray(0, zero)),
    sourceName: zero < 0 ? null : Buffer.from(area.subarray(zero + 1)),
  }
}

export function decodeRecords(bytes: Buffer): ChangelogRecord[] {
  const records: ChangelogRecord[] = []
  for (let at = 0; at < bytes.length; at += recordLength(bytes, at)) records.push(decodeRecord(bytes, at))
  return records
}

function zeroTerminated(bytes: Buffer, offset: number, size: number): string {
  const area = bytes.subarray(offset, offset + size)
  const end = area.indexOf(0)
  return area.toString('latin1', 0, end < 0 ? size : end)
}
