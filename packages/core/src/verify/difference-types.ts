import type { PathBytes } from '../types/path-bytes.js'

/** What can differ between the source's verification and a tree of the target. */
export const DIFFERENCE_ASPECTS = [
  'missing',
  'extra',
  'type',
  'content',
  'size',
  'mtime',
  'mode',
  'owner',
  'group',
  'acl',
  'default-acl',
  'xattr',
  'symlink',
  'device',
  'hardlinks',
  'unreadable',
] as const
export type DifferenceAspect = (typeof DIFFERENCE_ASPECTS)[number]

/** One difference at one path, with both values in words. */
export interface VerifyDifference {
  readonly path: PathBytes
  readonly aspect: DifferenceAspect
  /** On the source. */
  readonly expected: string
  /** On the target. */
  readonly found: string
}
