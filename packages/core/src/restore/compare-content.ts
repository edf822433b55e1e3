import { addon, readFully } from '../filediff/block-file.js'
import { smaller } from '../filediff/block-grid.js'
import type { ByteRange } from '../filediff/filediff-types.js'

/** Bytes that are read at once. */
export const CHUNK_BYTES = 1024 * 1024

/** The parts of a file that may hold data, in pieces of one chunk at most; what lies between them is a hole. */
export function* dataPieces(fds: readonly number[], size: bigint): Generator<ByteRange> {
  for (let at = 0n; at < size; ) {
    const starts = fds.flatMap((fd) => addon().seekData(fd, at) ?? [])
    if (starts.length === 0) return
    const start = starts.reduce(smaller)
    at = smaller(start + BigInt(CHUNK_BYTES), size)
    if (start < at) yield { start, end: at }
  }
}

/** Whether two files of one size hold the same bytes. What is a hole in one may be zeros in the other. `visit` is called for every piece. */
export function sameContent(a: number, b: number, size: bigint, visit: () => void): boolean {
  const [left, right] = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)]
  for (const { start, end } of dataPieces([a, b], size)) {
    visit()
    const length = Number(end - start)
    readFully(a, left.subarray(0, length), start)
    readFully(b, right.subarray(0, length), start)
    if (left.compare(right, 0, length, 0, length) !== 0) return false
  }
  return true
}
