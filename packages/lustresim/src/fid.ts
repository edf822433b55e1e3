/** A FID as the simulator keeps it: `seq` fits a double exactly, and the version is always 0. */
export interface Fid {
  readonly seq: number
  readonly oid: number
}

export const ZERO_FID: Fid = { seq: 0, oid: 0 }
export const ROOT_FID: Fid = { seq: 0x200000007, oid: 1 }

const FIRST_SEQUENCE = 0x200000400
const SEQUENCES_PER_MDT = 0x40000000

/** The sequence an MDT gives its FIDs from: MDT0000 0x200000402, MDT0001 0x240000402, … */
export function sequenceOf(mdtIndex: number): number {
  return FIRST_SEQUENCE + 2 + mdtIndex * SEQUENCES_PER_MDT
}

/** The MDT that holds an inode; the root is on MDT0000. */
export function mdtOf(fid: Fid): number {
  return fid.seq < FIRST_SEQUENCE ? 0 : Math.floor((fid.seq - FIRST_SEQUENCE) / SEQUENCES_PER_MDT)
}

export function formatFid(fid: Fid): string {
  return `[0x${fid.seq.toString(16)}:0x${fid.oid.toString(16)}:0x0]`
}

/** Reads `[0x200000402:0x1a:0x0]`, with or without brackets; null when it is no FID. */
export function parseFid(text: string): Fid | null {
  const match = /^\[?(?:0x)?([0-9a-f]+):(?:0x)?([0-9a-f]+):(?:0x)?0\]?$/i.exec(text)
  return match ? { seq: Number.parseInt(match[1]!, 16), oid: Number.parseInt(match[2]!, 16) } : null
}

export function sameFid(a: Fid, b: Fid): boolean {
  return a.seq === b.seq && a.oid === b.oid
}

/** 16 bytes: u64 seq, u32 oid, u32 ver, little-endian. */
export function writeFid(target: Buffer, offset: number, fid: Fid): number {
  target.writeUInt32LE(fid.seq % 0x100000000, offset)
  target.writeUInt32LE(Math.floor(fid.seq / 0x100000000), offset + 4)
  target.writeUInt32LE(fid.oid, offset + 8)
  return target.writeUInt32LE(0, offset + 12)
}

export function readFid(source: Buffer, offset: number): Fid {
  return { seq: source.readUInt32LE(offset) + source.readUInt32LE(offset + 4) * 0x100000000, oid: source.readUInt32LE(offset + 8) }
}

const MASK64 = (1n << 64n) - 1n

function mix(value: bigint): bigint {
  const folded = ((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn) & MASK64
  return folded ^ (folded >> 33n)
}

/**
 * The FID of an entry that another program made in the live tree. It follows from inode number and birth time alone, so that
 * the C library (`sim_adopted_fid`) can name the entry before the index knows it.
 */
export function adoptedFid(mdtIndex: number, ino: number, btimeNs: bigint): Fid {
  const hash = mix(((BigInt(ino) * 0x9e3779b97f4a7c15n) & MASK64) ^ (btimeNs & MASK64))
  const seq = 0x200010000 + mdtIndex * SEQUENCES_PER_MDT + Number((hash >> 32n) & 0xffffffn)
  return { seq, oid: (Number(hash & 0xffffffffn) | 1) >>> 0 }
}
