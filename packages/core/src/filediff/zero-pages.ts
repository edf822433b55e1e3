import { PAGE_BYTES } from './filediff-types.js'

const ZEROS = Buffer.alloc(64 * 1024)

export interface PageRun {
  readonly start: number
  readonly end: number
  readonly zero: boolean
}

/** Cuts a block into runs of pages that are zero and runs that are not. */
export function* pageRuns(block: Uint8Array): Generator<PageRun> {
  let start = 0
  let zero = isZero(block, 0, PAGE_BYTES)
  for (let page = PAGE_BYTES; page < block.length; page += PAGE_BYTES) {
    const next = isZero(block, page, page + PAGE_BYTES)
    if (next === zero) continue
    yield { start, end: page, zero }
    start = page
    zero = next
  }
  if (start < block.length) yield { start, end: block.length, zero }
}

/** Whether these bytes of a block, as far as it reaches, are all zero. */
export function isZero(block: Uint8Array, start: number, end: number): boolean {
  if (block[start] !== 0 && start < block.length) return false
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length)
  for (let at = start; at < end && at < block.length; at += ZEROS.length) {
    const stop = Math.min(at + ZEROS.length, end, block.length)
    if (bytes.compare(ZEROS, 0, stop - at, at, stop) !== 0) return false
  }
  return true
}
