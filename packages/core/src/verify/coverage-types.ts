import type { PathBytes } from '../types/path-bytes.js'

/** A file of the target whose content was found right, and what it was then. */
export interface CoveredFile {
  readonly path: PathBytes
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly checksum: Buffer
  /** Timestamp of the state of the source that it was found in. */
  readonly state: number
  /** Unix seconds. */
  readonly verifiedAt: number
}
