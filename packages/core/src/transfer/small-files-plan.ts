import type { DataEntry } from '../backupmap/backupmap-types.js'

/** Up to this size, comparing blocks takes longer than sending them, and holes are not worth looking for. */
const SMALL_BYTES = 16n * 1024n

/** Whether an object may be on a list of small files: these are sent whole, and what is a hole in them becomes zeros. */
export function isSmallFile({ type, size }: Pick<DataEntry, 'type' | 'size'>): boolean {
  return type !== 'f' || size <= SMALL_BYTES
}
