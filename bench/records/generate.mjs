/** Packed changelog records as the device gives them: 60 % reads, 20 % creates and deletes, 20 % others, each with job, owner, node and open mode. */

const JOBID = 0x4000
const EXTRA = 0x8000
const RENAME = 0x2000
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
const RENAME_BYTES = 32
const EXTENSIONS = 32 + 8 + 16 + 24 + 4
const NAME_BYTES = 16
/** The lower halves; the upper ones are 2. */
const [PARENT_SEQUENCE, CLIENT_SEQUENCE] = [0x401, 0x402]
const JOB = wordsOf('rsync.1000'.padEnd(32, '\0'))
const FILE = wordsOf('file')
/** Four letters for each byte of an object's number. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => wordsOf(byte.toString(16).padStart(4, 'x'))[0])

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

/** Room for that many records: one for all passes, so that what one has left behind is not cleared away while another is measured. */
export function roomFor(count) {
  return new Uint32Array((count * (FIXED + RENAME_BYTES + EXTENSIONS + NAME_BYTES)) / 4)
}

/** `count` records from index `first` on, of `objects` FIDs, put into `words`; the changes among them fall on as many as there are. */
export function makeRecords(words, { first, count, objects, seed }) {
  words.fill(0)
  const next = random(seed)
  let at = 0
  for (let index = first; index < first + count; index += 1) {
    const [type, low] = MIX[Math.floor(next() * MIX.length)]
    at = writeRecord(words, at, type, low, index, Math.floor(next() * objects))
  }
  return Buffer.from(words.buffer, 0, at * 4)
}

/** Everything in a record of these is a multiple of four bytes long: word by word, in the byte order of the device, it is made faster than it is read. Gives where the next one begins. */
function writeRecord(words, at, type, low, index, object) {
  const isRename = type === TYPES.RENME
  words[at] = NAME_BYTES | ((low | JOBID | EXTRA | (isRename ? RENAME : 0)) << 16)
  words[at + 1] = type
  words[at + 2] = index
  words[at + 3] = index / 2 ** 32
  writeTime(words, at + 6, 1_790_000_000 + Math.floor(index / 1000))
  writeFid(words, at + 8, object, CLIENT_SEQUENCE)
  writeFid(words, at + 12, object >>> 6, PARENT_SEQUENCE)
  let end = at + FIXED / 4
  if (isRename) {
    writeFid(words, end, object + 1, CLIENT_SEQUENCE)
    writeFid(words, end + 4, object >>> 7, PARENT_SEQUENCE)
    end += 8
  }
  words.set(JOB, end)
  words[end + 8] = 0x1 | 0x2 | 0x4
  words[end + 10] = 1000
  words[end + 12] = 1000
  end += EXTENSIONS / 4
  words.set(FILE, end)
  for (let word = 1; word < NAME_BYTES / 4; word += 1) words[end + word] = DIGITS[(object >>> (24 - 8 * word)) & 0xff]
  return end + NAME_BYTES / 4
}

/** Seconds in the upper 34 bits. */
function writeTime(words, at, seconds) {
  words[at] = seconds << 30
  words[at + 1] = seconds / 4
}

/** Clients create with sequences of their own, 128 thousand objects in each. */
function writeFid(words, at, object, sequence) {
  words[at] = sequence + (object >>> 17)
  words[at + 1] = 0x2
  words[at + 2] = (object & 0x1ffff) + 1
}

/** Cuts records into chunks of whole ones, as a read of the device gives them. */
export function* chunksOf(records, chunkBytes) {
  let start = 0
  let at = 0
  while (at < records.length) {
    const flags = records.readUInt16LE(at + 2)
    const length = FIXED + (flags & RENAME ? RENAME_BYTES : 0) + EXTENSIONS + NAME_BYTES
    if (at + length - start > chunkBytes) {
      yield records.subarray(start, at)
      start = at
    }
    at += length
  }
  yield records.subarray(start, at)
}

function wordsOf(text) {
  return new Uint32Array(new TextEncoder().encode(text).buffer)
}
