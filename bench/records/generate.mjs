/** Packed changelog records as the device gives them: 60 % reads, 20 % creates and deletes, 20 % others, each with job, owner, node and open mode. */

const JOBID = 0x4000
const EXTRA = 0x8000
const TYPES = { CREAT: 1, UNLNK: 6, RENME: 8, OPEN: 10, CLOSE: 11, SATTR: 14, XATTR: 15, MTIME: 17 }
/** What each of 50 records is: type, and low bits of its flags. */
const MIX = [
  ...Array(15).fill([TYPES.OPEN, 0x1]),
  ...Array(15).fill([TYPES.CLOSE, 0x1]),
  ...Array(5).fill([TYPES.CREAT, 0]),
  ...Array(5).fill([TYPES.UNLNK, 0x1]),
  ...Array(4).fill([TYPES.CLOSE, 0x2]),
  ...Array(2).fill([TYPES.SATTR, 0]),
  ...Array(2).fill([TYPES.MTIME, 0]),
  [TYPES.XATTR, 0],
  [TYPES.RENME, 0],
]
const FIXED = 64
const EXTENSIONS = 32 + 8 + 16 + 24 + 4
const NAME_BYTES = 16

/** A generator that gives the same numbers every time: xorshift32. */
export function random(seed) {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** `count` records from index `first` on, of `objects` FIDs; the changes among them fall on as many as there are. */
export function makeRecords({ first, count, objects, seed }) {
  const bytes = Buffer.alloc(count * (FIXED + 32 + EXTENSIONS + 2 * NAME_BYTES))
  const next = random(seed)
  let at = 0
  for (let index = 0; index < count; index += 1) {
    const [type, low] = MIX[Math.floor(next() * MIX.length)]
    at += writeRecord(bytes, at, { type, low, index: first + index, object: Math.floor(next() * objects) })
  }
  return bytes.subarray(0, at)
}

function writeRecord(bytes, at, { type, low, index, object }) {
  const isRename = type === TYPES.RENME
  bytes.writeUInt16LE(NAME_BYTES, at)
  bytes.writeUInt16LE(low | JOBID | EXTRA | (isRename ? 0x2000 : 0), at + 2)
  bytes.writeUInt32LE(type, at + 4)
  bytes.writeBigUInt64LE(BigInt(index), at + 8)
  bytes.writeBigUInt64LE(BigInt(1_790_000_000 + Math.floor(index / 1000)) << 30n, at + 24)
  writeFid(bytes, at + 32, object)
  writeFid(bytes, at + 48, object >>> 6, 0x2_0000_0401)
  let end = at + FIXED
  if (isRename) {
    writeFid(bytes, end, object + 1)
    writeFid(bytes, end + 16, object >>> 7, 0x2_0000_0401)
    end += 32
  }
  bytes.write('rsync.1000', end)
  end += 32
  bytes.writeUInt32LE(0x1 | 0x2 | 0x4, end)
  bytes.writeUInt32LE(1000, end + 8)
  bytes.writeUInt32LE(1000, end + 16)
  end += EXTENSIONS - 32
  bytes.write(`file${object}`.padEnd(NAME_BYTES, 'x'), end)
  return end + NAME_BYTES - at
}

/** Clients create with sequences of their own, 128 thousand objects in each. */
function writeFid(bytes, at, object, sequence = 0x2_0000_0402) {
  bytes.writeBigUInt64LE(BigInt(sequence + (object >>> 17)), at)
  bytes.writeUInt32LE((object & 0x1ffff) + 1, at + 8)
  bytes.writeUInt32LE(0, at + 12)
}

/** Cuts records into chunks of whole ones, as a read of the device gives them. */
export function* chunksOf(records, chunkBytes) {
  let start = 0
  let at = 0
  while (at < records.length) {
    const flags = records.readUInt16LE(at + 2)
    const length = FIXED + (flags & 0x2000 ? 32 : 0) + EXTENSIONS + NAME_BYTES
    if (at + length - start > chunkBytes) {
      yield records.subarray(start, at)
      start = at
    }
    at += length
  }
  yield records.subarray(start, at)
}
