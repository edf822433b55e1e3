import type { EntryStat } from '../tree/tree-port.js'

/** What happens to an entry that is at the place of one that is restored. A folder is never replaced: what is restored comes into it. */
export const OVERWRITE = ['never', 'if-older', 'always'] as const
export type Overwrite = (typeof OVERWRITE)[number]

/** An entry as it is found, in the backup or at the place where it is restored. */
export interface FoundEntry {
  readonly stat: EntryStat
  /** Of symlinks. */
  readonly linkTarget: Buffer | null
  /** Room that its content takes: less than the size where there are holes. */
  readonly allocatedBytes: bigint
}

export type RestoreAction =
  /** Nothing is there. */
  | { readonly kind: 'create' }
  /** What is there gives way. */
  | { readonly kind: 'replace' }
  /** A file of the same size and time: replaced unless content and attributes are the same. */
  | { readonly kind: 'compare' }
  /** Both are folders. */
  | { readonly kind: 'enter' }
  /** It is there already, as far as size, time and type say. */
  | { readonly kind: 'same' }
  /** What is there stays, as was asked for. */
  | { readonly kind: 'keep'; readonly reason: string }
  /** It cannot be restored. */
  | { readonly kind: 'refuse'; readonly reason: string }

/** What a restore did, or would do, in numbers. */
export interface RestoreCounts {
  readonly created: number
  readonly replaced: number
  readonly same: number
  readonly kept: number
  readonly folders: number
  readonly files: number
  readonly bytes: bigint
}

export const NO_COUNTS: RestoreCounts = { created: 0, replaced: 0, same: 0, kept: 0, folders: 0, files: 0, bytes: 0n }

export interface RestoreFailure {
  /** Relative to the root of the backup. */
  readonly path: Buffer
  readonly reason: string
}

/** A line of a plan. */
export interface RestoreStep {
  readonly path: Buffer
  readonly entry: FoundEntry
  readonly action: RestoreAction
}
