import type { ByteRange } from './filediff-types.js'

/** The blocks of a file of a known size: pure arithmetic in 64 bits. */
export interface BlockGrid {
  readonly blockSize: number
  readonly size: bigint
}

/** The number of the block that holds a byte. */
export function blockAt(grid: BlockGrid, offset: bigint): bigint {
  return offset / BigInt(grid.blockSize)
}

/** The first block that begins at or after an offset. */
export function blockFrom(grid: BlockGrid, offset: bigint): bigint {
  const blockSize = BigInt(grid.blockSize)
  return (offset + blockSize - 1n) / blockSize
}

export function offsetOf(grid: BlockGrid, block: bigint): bigint {
  return block * BigInt(grid.blockSize)
}

/** Bytes of `count` blocks from `first` on: the last block of the file may be short, beyond it there is nothing. */
export function bytesOf(grid: BlockGrid, first: bigint, count: bigint): bigint {
  const start = offsetOf(grid, first)
  const end = offsetOf(grid, first + count)
  if (start >= grid.size) return 0n
  return smaller(end, grid.size) - start
}

export function blockBytes(grid: BlockGrid, block: bigint): number {
  return Number(bytesOf(grid, block, 1n))
}

/** Blocks of a range that lies on the grid. */
export function blocksOf(grid: BlockGrid, range: ByteRange): { readonly first: bigint; readonly end: bigint } {
  return { first: blockAt(grid, range.start), end: blockFrom(grid, range.end) }
}

/** Whether a range lies within the file, begins on the grid, and ends on it or at the end of the file. */
export function isOnGrid(grid: BlockGrid, { start, end }: ByteRange): boolean {
  const blockSize = BigInt(grid.blockSize)
  return start < end && end <= grid.size && start % blockSize === 0n && (end % blockSize === 0n || end === grid.size)
}

export function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

export function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}
