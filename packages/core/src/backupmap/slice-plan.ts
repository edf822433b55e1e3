import type { Config } from '../config/config-types.js'
import type { PathBytes } from '../types/path-bytes.js'

const SECONDS_A_DAY = 86_400

/** What an incremental map compares of S1: nothing, the next directories until `quota` entries are reached, or all of them. */
export type SlicePlan = { readonly kind: 'nothing' } | { readonly kind: 'slice'; readonly quota: number } | { readonly kind: 'everything' }

export interface SliceFacts {
  readonly compareDays: Config['backup']['compareDays']
  /** Entries of the tree in S1, without the root. */
  readonly entryCount: number
  /** Timestamp of S0. */
  readonly baseTimestamp: number
  /** Timestamp of S1. */
  readonly timestamp: number
}

/** The share of the tree that the interval is of `compareDays`: slices of all intervals of so many days are together the whole tree. */
export function planSlice({ compareDays, entryCount, baseTimestamp, timestamp }: SliceFacts): SlicePlan {
  if (compareDays === 0) return { kind: 'nothing' }
  if (compareDays === 'always') return { kind: 'everything' }
  const entriesAndRoot = entryCount + 1
  const share = (timestamp - baseTimestamp) / (compareDays * SECONDS_A_DAY)
  const quota = Math.max(1, Math.ceil(entriesAndRoot * share))
  return quota >= entriesAndRoot ? { kind: 'everything' } : { kind: 'slice', quota }
}

const SLASH = 0x2f

/**
 * The order of the walk: a directory, then what is below it, siblings by the bytes of their names.
 * Names hold any byte but NUL and slash, so a slash counts as less than all of them.
 */
export function compareWalkOrder(a: PathBytes, b: PathBytes): number {
  // The root comes before everything.
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const [byteA, byteB] = [a[at]!, b[at]!]
    if (byteA === byteB) continue
    if (byteA === SLASH) return -1
    if (byteB === SLASH) return 1
    return byteA - byteB
  }
  return a.length - b.length
}
