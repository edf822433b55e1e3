/** A finished backup, as far as a range of backups needs it. */
export interface BackupLink {
  readonly timestamp: number
  /** The backup that it started from; null = none. */
  readonly base: number | null
}

export interface VerifyRange {
  /** Exclusive. */
  readonly start: number
  readonly timestamp: number
  /** The backups whose maps are needed, oldest first; the last one is `timestamp`. */
  readonly backups: readonly number[]
  /** The oldest of them is a full one: everything is covered. */
  readonly whole: boolean
}

export interface RangeRequest {
  readonly start: number
  /** null = the newest backup. */
  readonly end: number | null
}

/**
 * The backups after `start` up to `end`: those that are linked to each other, `chain` newest first, from the last one back. A full backup names
 * everything, so that none before it is needed. null = there is none in the range.
 */
export function planRange(
  chain: readonly BackupLink[],
  { start, end }: RangeRequest,
  isFull: (timestamp: number) => boolean,
): VerifyRange | null {
  const inRange = chain.filter(({ timestamp }) => timestamp > start && (end === null || timestamp <= end))
  const newest = inRange[0]
  if (newest === undefined) return null
  const full = inRange.findIndex(({ timestamp }) => isFull(timestamp))
  const needed = full === -1 ? inRange : inRange.slice(0, full + 1)
  return { start, timestamp: newest.timestamp, backups: needed.map(({ timestamp }) => timestamp).toReversed(), whole: full !== -1 }
}
