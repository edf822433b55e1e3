import type { DataEntry } from '../backupmap/backupmap-types.js'

/** Whether a file goes through filediff instead of rsync. */
export function isLargeFile(entry: Pick<DataEntry, 'type' | 'size'>, largefileSizeBytes: bigint): boolean {
  return entry.type === 'f' && entry.size > 0n && entry.size >= largefileSizeBytes
}
