import type { Brand } from './brand.js'

/** Text form of a Lustre file identifier, `[0x200000401:0x1:0x0]`. Names one inode for ever, in the live file system and in every snapshot. */
export type Fid = Brand<string, 'Fid'>

/** Bytes of a packed FID: u64 seq, u32 oid, u32 ver, little-endian (`struct lu_fid`). */
export const FID_BYTES = 16

/** Numbers without leading zeros: the only form that a FID is written in. */
const FID_TEXT = /^\[0x(?:0|[1-9a-f][0-9a-f]{0,15}):0x(?:0|[1-9a-f][0-9a-f]{0,7}):0x(?:0|[1-9a-f][0-9a-f]{0,7})\]$/

/** Parses the text form; null when the text is not one. Accepts only the canonical form, so that equal FIDs are equal strings. */
export function parseFid(text: string): Fid | null {
  return FID_TEXT.test(text) ? (text as Fid) : null
}

/** Text form of item `index` of a packed FID array. */
export function fidAt(packed: Uint8Array, index: number): Fid {
  const view = new DataView(packed.buffer, packed.byteOffset + index * FID_BYTES, FID_BYTES)
  return formatWords(view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true))
}

/** Text form of the packed FID whose four words start at `words[at]`. */
export function fidOfWords(words: Uint32Array, at = 0): Fid {
  return formatWords(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!)
}

/** Packs FIDs into one array, 16 bytes each. */
export function packFids(fids: readonly Fid[]): Uint8Array {
  const packed = Buffer.alloc(fids.length * FID_BYTES)
  fids.forEach((fid, index) => {
    const [seq, oid, ver] = fid.slice(1, -1).split(':')
    packed.writeBigUInt64LE(BigInt(seq!), index * FID_BYTES)
    packed.writeUInt32LE(Number(oid), index * FID_BYTES + 8)
    packed.writeUInt32LE(Number(ver), index * FID_BYTES + 12)
  })
  return packed
}

/** In halves of 32 bits: a 64-bit number in one piece would be an object. */
function formatWords(seqLow: number, seqHigh: number, oid: number, ver: number): Fid {
  const seq = seqHigh === 0 ? hex(seqLow) : hex(seqHigh) + hex(seqLow).padStart(8, '0')
  return `[0x${seq}:0x${hex(oid)}:0x${hex(ver)}]` as Fid
}

function hex(number: number): string {
  return number.toString(16)
}

/** FID of the root of every Lustre file system. */
export const ROOT_FID = '[0x200000007:0x1:0x0]' as Fid
export const ZERO_FID = '[0x0:0x0:0x0]' as Fid
