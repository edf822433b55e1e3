import type { Digested } from './content.job.js'

export interface ContentFile {
  /** Relative to the root of the tree. */
  readonly path: Buffer
  readonly size: bigint
}

/** Reads and hashes files of one tree with as many threads as are worth being kept busy, without following a symlink. */
export interface ContentReader {
  /** What has become of each file, in their order. May be called again while it is at it. */
  digest(files: readonly ContentFile[]): Promise<Digested[]>
  /** Lets go of the tree, which could not be unmounted otherwise. */
  close(): Promise<void>
}
