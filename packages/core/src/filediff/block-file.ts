import { fstatSync, readSync } from 'node:fs'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { crashPoint } from '../crash/crash-point.js'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import { larger, smaller } from './block-grid.js'
import { FilediffError, writeFailure } from './filediff-error.js'
import type { ByteRange } from './filediff-types.js'
import { isZero, pageRuns } from './zero-pages.js'

let loaded: Lustreapi | null = null

/** The addon of this thread. */
export function addon(): Lustreapi {
  if (loaded !== null) return loaded
  const result = loadAddon()
  if (!result.ok) {
    throw new LustrebackupError('ADDON_MISSING', `loading the native addon: ${result.reason}`, { exitCode: EXIT.usage, hint: result.hint })
  }
  loaded = result.addon
  return loaded
}

/** Data nearer to each other than this are read as one: a seek costs more than reading some zeros. */
export const GAP_BYTES = 256n * 1024n

const BYTES_OF_STAT_BLOCK = 512n

export function findExtent(fd: number, { start, end }: ByteRange): ByteRange | null {
  if (hasNoHoles(fd)) return start < end ? { start, end } : null
  const first = addon().seekData(fd, start)
  if (first === null || first >= end) return null
  let stop = addon().seekHole(fd, first) ?? end
  while (stop < end) {
    const next = addon().seekData(fd, stop)
    if (next === null || next - stop > GAP_BYTES) break
    stop = addon().seekHole(fd, next) ?? end
  }
  return { start: larger(first, start), end: smaller(stop, end) }
}

/** With space for every byte there is nothing to look for; where a file system goes through all its pages for that, it takes as long as reading some of them. */
function hasNoHoles(fd: number): boolean {
  const { blocks, size } = fstatSync(fd, { bigint: true })
  return blocks * BYTES_OF_STAT_BLOCK >= size
}

/** Fills `memory`; a file that has become shorter is an error, because its size was announced. */
export function readFully(fd: number, memory: Uint8Array, offset: bigint): void {
  for (let at = 0; at < memory.length; ) {
    const count = readSome(fd, memory.subarray(at), offset + BigInt(at))
    if (count === 0) throw fileEnded(offset + BigInt(at))
    at += count
  }
}

function readSome(fd: number, memory: Uint8Array, offset: bigint): number {
  try {
    return readSync(fd, memory, 0, memory.length, offset)
  } catch (error) {
    throw readFailed(offset, error)
  }
}

export function readFailed(offset: bigint, error: unknown): FilediffError {
  return new FilediffError('FILEDIFF_READ', `reading at offset ${offset}: ${reasonOf(error)}`, { cause: error })
}

export function fileEnded(offset: bigint): FilediffError {
  return new FilediffError('FILEDIFF_CHANGED', `the file ends at offset ${offset}, it has become shorter`)
}

/** Writes a block; its zero pages become holes, or stay holes where `wasZero`. */
export function writeSparse(fd: number, block: Uint8Array, offset: bigint, wasZero: boolean): void {
  for (const { start, end, zero } of pageRuns(block)) {
    const at = offset + BigInt(start)
    if (!zero) writeBytes(fd, block.subarray(start, end), at)
    else if (!wasZero) makeHole(fd, { start: at, end: offset + BigInt(end) })
  }
}

/** Frees a part of the file. Where the file system cannot, zeros are written over what is not zero. */
export function makeHole(fd: number, { start, end }: ByteRange): void {
  try {
    addon().punchHole(fd, start, end - start)
    crashPoint('filediff.holed')
  } catch (error) {
    if (!isUnsupported(error)) throw writeFailed(start, error)
    overwriteWithZeros(fd, { start, end })
  }
}

const ZERO_STEP_BYTES = 1024 * 1024

function overwriteWithZeros(fd: number, { start, end }: ByteRange): void {
  const memory = Buffer.alloc(ZERO_STEP_BYTES)
  for (let at = start; at < end; at += BigInt(ZERO_STEP_BYTES)) {
    const part = memory.subarray(0, Number(smaller(BigInt(ZERO_STEP_BYTES), end - at)))
    readFully(fd, part, at)
    if (!isZero(part, 0, part.length)) writeBytes(fd, part.fill(0), at)
  }
}

function writeBytes(fd: number, bytes: Uint8Array, offset: bigint): void {
  try {
    addon().writeAt(fd, bytes, offset)
    crashPoint('filediff.written')
  } catch (error) {
    throw writeFailed(offset, error)
  }
}

function isUnsupported(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === 'EOPNOTSUPP' || code === 'ENOTSUP' || code === 'ENOSYS'
}

function writeFailed(offset: bigint, error: unknown): FilediffError {
  return writeFailure(`writing at offset ${offset}`, error)
}
