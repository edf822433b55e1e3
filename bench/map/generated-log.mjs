/** The changelog of the generated world, in the device's format. Half of the records are reads. */
import { FILE, FOLDER, fateOf, folderOf, putFid } from './world.mjs'

const TYPES = { CREAT: 1, UNLNK: 6, RENME: 8, OPEN: 10, CLOSE: 11, SATTR: 14 }
const READ = 0x1
const WRITE = 0x2
const LAST_LINK = 0x1
const OPEN_CREATED = 0x8
/** Type and low flags of the records of a file, by what happened to it. */
const RECORDS = {
  created: [
    [TYPES.CREAT, 0],
    [TYPES.OPEN, WRITE | OPEN_CREATED],
    [TYPES.CLOSE, WRITE],
  ],
  written: [
    [TYPES.OPEN, WRITE],
    [TYPES.CLOSE, WRITE],
  ],
  removed: [[TYPES.UNLNK, LAST_LINK]],
  renamed: [[TYPES.RENME, 0]],
  chmod: [[TYPES.SATTR, 0]],
}
const READS = [
  [TYPES.OPEN, READ],
  [TYPES.CLOSE, READ],
]
const RENAME = 0x2000
const JOBID = 0x4000
const EXTRA = 0x8000
const FIXED_WORDS = 16
const JOBID_WORDS = 8
const NAME_BYTES = 12
/** Extra flags; uid and gid; nid; open flags; name. */
const TAIL_WORDS = 2 + 4 + 6 + 1 + NAME_BYTES / 4
/** The fates repeat after so many files. */
export const FILES_IN_BLOCK = 20

/** Records of twenty files after each other, with places for numbers and FIDs, and what to write there. */
const BLOCK = makeBlock()

/** An open log of `count` files, read as the device is. */
export function openLog(count) {
  let first = 0
  let index = 1
  return {
    read: async (buffer) => {
      const words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.byteLength / 4)
      let at = 0
      for (; first < count && at + BLOCK.words.length <= words.length; first += FILES_IN_BLOCK) {
        words.set(BLOCK.words, at)
        for (const place of BLOCK.places) fill(words, at + place.at, place, first + place.file, index++)
        at += BLOCK.words.length
      }
      return at * 4
    },
    close: () => undefined,
  }
}

function fill(words, at, { isRename }, number, index) {
  words[at + 2] = index
  if (isRename) putFid(words, at + FIXED_WORDS, FILE, number)
  else putFid(words, at + 8, FILE, number)
  putFid(words, at + 12, FOLDER, folderOf(number))
  if (isRename) putFid(words, at + FIXED_WORDS + 4, FOLDER, folderOf(number))
}

function makeBlock() {
  const words = []
  const places = []
  for (let file = 0; file < FILES_IN_BLOCK; file += 1) {
    for (const [type, low] of [...RECORDS[fateOf(file)], ...READS]) {
      const isRename = type === TYPES.RENME
      places.push({ at: words.length, file, isRename })
      words.push(...record(type, low, isRename))
    }
  }
  return { words: Uint32Array.from(words), places }
}

function record(type, low, isRename) {
  const length = FIXED_WORDS + (isRename ? 8 : 0) + JOBID_WORDS + TAIL_WORDS
  const words = new Uint32Array(length)
  words[0] = NAME_BYTES | ((low | JOBID | EXTRA | (isRename ? RENAME : 0)) << 16)
  words[1] = type
  words[length - TAIL_WORDS] = 0x1 | 0x2 | 0x4
  words[length - TAIL_WORDS + 2] = 1000
  return words
}

/** Records of a file, on average. */
export const RECORDS_OF_FILE = BLOCK.places.length / FILES_IN_BLOCK
