import { readFid, writeFid } from './fid.js'
import type { Inode } from './inode.js'

/** What index.bin says beside the inodes. */
export interface IndexHeader {
  readonly fsname: string
  readonly mdtCount: number
  readonly ostCount: number
}

const MAGIC = 'LSIMIDX1'
const HEADER_SIZE = 120
const INODE_SIZE = 112
const LINK_FIXED = 20
const LINK_HIDDEN = 0x1
const FLAG_RECORDED = 0x1

/**
 * Packs a tree for the C library, which maps the file (native/sim.h has the layout): inodes, a hash table by FID, one by inode
 * number, and a heap of links (parent FID, name).
 */
export function encodeIndex(header: IndexHeader, inodes: readonly Inode[]): Buffer {
  const buckets = bucketCount(inodes.length)
  const fidOffset = HEADER_SIZE + inodes.length * INODE_SIZE
  const inoOffset = fidOffset + buckets * 4
  const heapOffset = inoOffset + buckets * 4
  const heapLength = inodes.reduce((bytes, inode) => inode.links.reduce((sum, link) => sum + LINK_FIXED + link.name.length, bytes), 0)
  const bytes = Buffer.alloc(heapOffset + heapLength)
  bytes.write(MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(header.mdtCount, 8)
  bytes.writeUInt32LE(header.ostCount, 12)
  const sizes = [inodes.length, HEADER_SIZE, buckets, fidOffset, buckets, inoOffset, heapOffset, heapLength]
  sizes.forEach((value, at) => {
    bytes.writeBigUInt64LE(BigInt(value), 16 + at * 8)
  })
  bytes.write(header.fsname, 80, 31, 'latin1')
  let heapAt = 0
  inodes.forEach((inode, at) => {
    writeInode(bytes, HEADER_SIZE + at * INODE_SIZE, inode, heapAt)
    insert(bytes, fidOffset, buckets, fidHash(inode), at + 1)
    insert(bytes, inoOffset, buckets, hash32(inode.ino >>> 0, Math.floor(inode.ino / 0x100000000)), at + 1)
    for (const link of inode.links) heapAt = writeLink(bytes, heapOffset, heapAt, link)
  })
  return bytes
}

/** A power of two, at most two thirds full. */
function bucketCount(entries: number): number {
  let buckets = 16
  while (buckets < entries * 1.5) buckets *= 2
  return buckets
}

function hash32(low: number, high: number): number {
  const hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> 0
  return (hash ^ (hash >>> 15)) >>> 0
}

function fidHash({ fid }: Inode): number {
  return hash32(fid.oid, (fid.seq >>> 0) ^ Math.floor(fid.seq / 0x100000000))
}

function insert(bytes: Buffer, offset: number, buckets: number, hash: number, slot: number): void {
  let at = hash & (buckets - 1)
  while (bytes.readUInt32LE(offset + at * 4) !== 0) at = (at + 1) & (buckets - 1)
  bytes.writeUInt32LE(slot, offset + at * 4)
}

/** Not writeBigUInt64LE: two 32-bit stores are several times faster, and an index has millions of them. */
function write64(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value % 0x100000000, offset)
  bytes.writeUInt32LE(Math.floor(value / 0x100000000), offset + 4)
}

function writeInode(bytes: Buffer, at: number, inode: Inode, linkOffset: number): void {
  writeFid(bytes, at, inode.fid)
  write64(bytes, inode.ino, at + 16)
  write64(bytes, inode.dataVersion, at + 24)
  write64(bytes, inode.pendingVersion, at + 32)
  write64(bytes, inode.size, at + 40)
  bytes.writeBigInt64LE(inode.mtimeNs, at + 48)
  bytes.writeBigInt64LE(inode.ctimeNs, at + 56)
  bytes.writeBigInt64LE(inode.btimeNs, at + 64)
  bytes.writeUInt32LE(inode.mode, at + 72)
  bytes.writeUInt32LE(inode.uid, at + 76)
  bytes.writeUInt32LE(inode.gid, at + 80)
  bytes.writeUInt32LE(inode.recorded ? FLAG_RECORDED : 0, at + 84)
  bytes.writeUInt32LE(inode.hsmStates, at + 88)
  bytes.writeUInt32LE(inode.hsmArchiveId, at + 92)
  bytes.writeUInt32LE(inode.stripeCount, at + 96)
  bytes.writeUInt32LE(inode.links.length, at + 100)
  write64(bytes, linkOffset, at + 104)
}

function writeLink(bytes: Buffer, heapOffset: number, heapAt: number, link: Inode['links'][number]): number {
  const at = heapOffset + heapAt
  writeFid(bytes, at, link.parent.fid)
  bytes.writeUInt16LE(link.hidden ? LINK_HIDDEN : 0, at + 16)
  bytes.writeUInt16LE(link.name.length, at + 18)
  bytes.write(link.name, at + LINK_FIXED, 'latin1')
  return heapAt + LINK_FIXED + link.name.length
}

/** Reads what encodeIndex wrote. */
export function decodeIndex(bytes: Buffer): Inode[] {
  const read64 = (offset: number) => bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x100000000
  if (bytes.toString('latin1', 0, 8) !== MAGIC) throw new Error('not an index of lustresim')
  const count = read64(16)
  const heapOffset = read64(64)
  const inodes = Array.from({ length: count }, (_, number) => readInode(bytes, HEADER_SIZE + number * INODE_SIZE, read64))
  const byFid = new Map<number, Map<number, Inode>>()
  for (const inode of inodes) {
    const sequence = byFid.get(inode.fid.seq)
    if (sequence) sequence.set(inode.fid.oid, inode)
    else byFid.set(inode.fid.seq, new Map([[inode.fid.oid, inode]]))
  }
  inodes.forEach((inode, number) => {
    const at = HEADER_SIZE + number * INODE_SIZE
    let linkAt = heapOffset + read64(at + 104)
    for (let left = bytes.readUInt32LE(at + 100); left > 0; left--) {
      const parentFid = readFid(bytes, linkAt)
      const end = linkAt + LINK_FIXED + bytes.readUInt16LE(linkAt + 18)
      const parent = byFid.get(parentFid.seq)!.get(parentFid.oid)!
      const hidden = (bytes.readUInt16LE(linkAt + 16) & LINK_HIDDEN) !== 0
      inode.links.push({ parent, name: bytes.toString('latin1', linkAt + LINK_FIXED, end), hidden })
      linkAt = end
    }
  })
  return inodes
}

function readInode(bytes: Buffer, at: number, read64: (offset: number) => number): Inode {
  return {
    fid: readFid(bytes, at),
    ino: read64(at + 16),
    dataVersion: read64(at + 24),
    pendingVersion: read64(at + 32),
    size: read64(at + 40),
    mtimeNs: bytes.readBigInt64LE(at + 48),
    ctimeNs: bytes.readBigInt64LE(at + 56),
    btimeNs: bytes.readBigInt64LE(at + 64),
    mode: bytes.readUInt32LE(at + 72),
    uid: bytes.readUInt32LE(at + 76),
    gid: bytes.readUInt32LE(at + 80),
    recorded: (bytes.readUInt32LE(at + 84) & FLAG_RECORDED) !== 0,
    hsmStates: bytes.readUInt32LE(at + 88),
    hsmArchiveId: bytes.readUInt32LE(at + 92),
    stripeCount: bytes.readUInt32LE(at + 96),
    links: [],
  }
}
