import type { PathBytes } from '../types/path-bytes.js'

/** A file of the target whose content was found right, and what it was then. */
export interface CoveredFile {
  readonly path: PathBytes
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly checksum: Buffer
  /** Unix seconds. */
  readonly verifiedAt: number
}
