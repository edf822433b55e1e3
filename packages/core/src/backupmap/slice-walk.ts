import type { PathBytes } from '../types/path-bytes.js'
import type { MapComparison } from './backupmap-types.js'
import { compareWalkOrder } from './slice-plan.js'
import { type ListNames, walkInOrder } from './walk-order.js'

export interface SliceDirectory {
  readonly path: PathBytes
  /** The cursor and the begin of the cycle, when this directory and all before it have been compared. */
  readonly reached: Pick<MapComparison, 'cursor' | 'cycleStart'>
}

/**
 * The directories of one slice: those after the cursor of the last one, until they make `quota` entries; at least one, and at most every directory once.
 * At the end of the tree a new cycle begins at its root, at `timestamp`.
 */
export async function* walkSlice(
  from: Pick<MapComparison, 'cursor' | 'cycleStart'>,
  { quota, timestamp }: { readonly quota: number; readonly timestamp: number },
  list: ListNames,
): AsyncGenerator<SliceDirectory> {
  let count = 0
  for await (const { path, otherCount } of walkInOrder(from.cursor, list)) {
    yield { path, reached: { cursor: path, cycleStart: from.cursor === null ? timestamp : from.cycleStart } }
    count += 1 + otherCount
    if (count >= quota) return
  }
  if (from.cursor === null) return
  for await (const { path, otherCount } of walkInOrder(null, list)) {
    if (compareWalkOrder(path, from.cursor) > 0) return
    yield { path, reached: { cursor: path, cycleStart: timestamp } }
    count += 1 + otherCount
    if (count >= quota) return
  }
}
