import { randomFillSync } from 'node:crypto'
import { closeSync, constants, copyFileSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'

const MIB = 1024 * 1024

const PAGE_BYTES = 4096

/** A file of which no two pages are equal, nor equal to one of another such file. */
export function makeRandom(file, size) {
  const fd = openSync(file, 'w')
  const bytes = randomFillSync(Buffer.alloc(4 * MIB))
  for (let at = 0; at < size; at += bytes.length) {
    for (let page = 0; page < bytes.length; page += PAGE_BYTES) bytes.writeDoubleLE(at + page, page)
    writeSync(fd, bytes, 0, Math.min(bytes.length, size - at), at)
  }
  closeSync(fd)
}

/** A sparse file with a few pieces of data, the last at its end. */
export function makeSparse(file, size, pieces) {
  const fd = openSync(file, 'w')
  ftruncateSync(fd, size)
  const bytes = randomFillSync(Buffer.alloc(MIB))
  for (let piece = 0; piece < pieces; piece += 1) writeSync(fd, bytes, 0, MIB, Math.floor(((size - MIB) / (pieces - 1 || 1)) * piece))
  closeSync(fd)
}

/** What the target has before a case begins, made from what the source has. */
export const CASES = {
  identical: (source, target) => copyFileSync(source, target, constants.COPYFILE_FICLONE),
  '1% changed': (source, target, size) => {
    copyFileSync(source, target)
    const fd = openSync(target, 'r+')
    // Every hundredth piece of 256 KiB.
    const bytes = Buffer.alloc(256 * 1024, 7)
    for (let at = 0; at < size; at += 100 * bytes.length) writeSync(fd, bytes, 0, Math.min(bytes.length, size - at), at)
    closeSync(fd)
  },
  'all changed': (_source, target, size) => makeRandom(target, size),
  new: (_source, target) => rmSync(target, { force: true }),
}
