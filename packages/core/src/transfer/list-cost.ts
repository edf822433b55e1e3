/** What one file costs beyond its bytes, in bytes: it balances many small files against few large ones. */
const FILE_COST_BYTES = 64n * 1024n

/** Work of a transfer as one number. */
export function costOf(sizeBytes: bigint, pathCount: number): bigint {
  return sizeBytes + FILE_COST_BYTES * BigInt(pathCount)
}
