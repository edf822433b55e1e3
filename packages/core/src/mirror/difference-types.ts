import type { Owed } from '../transfer/owed-types.js'
import type { EntryParts } from '../transfer/transfer-source.js'

/**
 * How an entry of the target differs from S1 where the rolling comparison looked:
 * - `missing`: the target does not have it; it comes from the source.
 * - `extra`: the source does not have it; removed with everything below.
 * - `other-type`: something of another type, or another device, is in its place; replaced.
 * - `other-content`: a file of another size or time; compared by rsync, which sends what differs.
 * - `other-attributes`: mode, owner, time or ACL; set.
 * - `other-links`: a name that belongs to another inode than in S1; linked again, or replaced.
 */
export const DIFFERENCE_KINDS = ['missing', 'extra', 'other-type', 'other-content', 'other-attributes', 'other-links'] as const
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

export interface ComparisonCounts {
  /** Entries of S1 that were compared. */
  readonly entryCount: number
  readonly differences: Readonly<Record<DifferenceKind, number>>
}

/** What a comparison found, and in `parts` what is to be done about it, in the order remove, mkdir, link, data, attr. */
export interface Found {
  readonly parts: EntryParts['parts']
  readonly counts: ComparisonCounts
  /** Directories that the target lacks and of which this comparison does not know everything: the next map has to walk them. */
  readonly owed: readonly Owed[]
}
