/**
 * A file system that exists only as arithmetic: files with a hundred in a folder, and what an interval did to each, by its number.
 * So ten million of them need no disk, and a lookup costs next to nothing.
 */

const FILES_IN_FOLDER = 100
const FOLDERS_IN_PROJECT = 1000
const OBJECTS_IN_SEQUENCE = 2 ** 17
const FIRST_SEQUENCE_WORD = 0x402
/** High word of the sequences of files, of folders, of projects. */
export const FILE = 2
export const FOLDER = 3
export const PROJECT = 4
/** `p0000`, `p0000/d00000000`, `p0000/d00000000/f00000000.dat` */
const PATH_BYTES = { [PROJECT]: 5, [FOLDER]: 15, [FILE]: 29 }
const DIGITS_AT = { [PROJECT]: [1, 5], [FOLDER]: [7, 15], [FILE]: [17, 25] }

/** What happened to each twenty files: 40 % made, 40 % written, 10 % removed, 5 % renamed, 5 % given other attributes. */
const FATES = [...Array(8).fill('created'), ...Array(8).fill('written'), 'removed', 'removed', 'renamed', 'chmod']
const STEP = 7

export function fateOf(number) {
  return FATES[(number * STEP) % FATES.length]
}

export function folderOf(number) {
  return Math.floor(number / FILES_IN_FOLDER)
}

export function projectOf(folder) {
  return Math.floor(folder / FOLDERS_IN_PROJECT)
}

/** Writes the four words of a FID. */
export function putFid(words, at, kind, number) {
  words[at] = FIRST_SEQUENCE_WORD + Math.floor(number / OBJECTS_IN_SEQUENCE)
  words[at + 1] = kind
  words[at + 2] = (number % OBJECTS_IN_SEQUENCE) + 1
  words[at + 3] = 0
}

export function numberOfFid(words, at) {
  return (words[at] - FIRST_SEQUENCE_WORD) * OBJECTS_IN_SEQUENCE + words[at + 2] - 1
}

export function pathLength(kind) {
  return PATH_BYTES[kind]
}

/** Writes the path of an object in S0 (`side` 0) or S1. */
export function putPath(bytes, at, kind, number, side) {
  const folder = kind === FILE ? folderOf(number) : number
  const project = kind === PROJECT ? number : projectOf(folder)
  bytes[at] = 0x70
  putDigits(bytes, at + 1, 4, project)
  if (kind === PROJECT) return
  bytes[at + 5] = 0x2f
  bytes[at + 6] = 0x64
  putDigits(bytes, at + 7, 8, folder)
  if (kind === FOLDER) return
  bytes[at + 15] = 0x2f
  bytes[at + 16] = side === 1 && fateOf(number) === 'renamed' ? 0x67 : 0x66
  putDigits(bytes, at + 17, 8, number)
  bytes[at + 25] = 0x2e
  bytes[at + 26] = 0x64
  bytes[at + 27] = 0x61
  bytes[at + 28] = 0x74
}

/** Kind of the object at a path, by its length; its number. */
export function kindOfPath(length) {
  return length === PATH_BYTES[FILE] ? FILE : length === PATH_BYTES[FOLDER] ? FOLDER : PROJECT
}

export function numberOfPath(bytes, at, kind) {
  const [from, to] = DIGITS_AT[kind]
  let number = 0
  for (let digit = at + from; digit < at + to; digit += 1) number = number * 10 + bytes[digit] - 0x30
  return number
}

function putDigits(bytes, at, count, number) {
  let rest = number
  for (let digit = at + count - 1; digit >= at; digit -= 1) {
    bytes[digit] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
