import type { EntryType } from '../backupmap/backupmap-types.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'

/**
 * How the target differed from what the map starts from, and what was done about it:
 * - `in-the-way`: something that the base does not have at this place; removed.
 * - `not-empty`: a directory that S1 does not have still held entries that the base does not have; removed with them.
 * - `missing-file`: a file, symlink or special file that the base has; transferred again.
 * - `missing-directory`: made again, empty; what was below is owed.
 * - `other-content`: a file of another size than the base has; transferred again.
 * - `shared`: a file had another name that S1 does not give it; the name was taken off it before its content changes.
 */
export type DriftKind = 'in-the-way' | 'not-empty' | 'missing-file' | 'missing-directory' | 'other-content' | 'shared'

export interface Drift {
  readonly kind: DriftKind
  /** Relative to `data_path`. */
  readonly path: PathBytes
  /** Of the object that is missing; null where the map does not name what is there. */
  readonly fid: Fid | null
}

/** An object that the target lost and that has to come from the source again. */
export interface Repair {
  readonly fid: Fid
  readonly path: PathBytes
  readonly type: EntryType
  /** Further names that the map gives it. */
  readonly links: readonly PathBytes[]
}
