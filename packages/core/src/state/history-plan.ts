/** How much is kept of what is over. */
export interface HistoryLimits {
  /** Records of backups, newest first. */
  readonly records: number
  /** Maps of backups that no verification has covered yet: the next one reads them. */
  readonly unverifiedMaps: number
  /** Maps of other backups, for whoever asks why something was, or was not, in one of them. */
  readonly verifiedMaps: number
}

/** Of daily backups: records of more than a year, maps of three months until they are verified and of one month anyway. */
export const HISTORY_LIMITS: HistoryLimits = { records: 400, unverifiedMaps: 100, verifiedMaps: 30 }

/** What the source knows of its maps. All numbers are timestamps. */
export interface MapHistory {
  readonly maps: readonly number[]
  /** S0; null = nothing is backed up yet, and nothing is over. */
  readonly lastBackup: number | null
  /** What a link leads to is needed, whatever its age. */
  readonly linked: ReadonlySet<number>
  /** Up to which backup everything is verified; null = nothing. */
  readonly verifiedUpTo: number | null
  /** Ranges that are being verified; `start` is exclusive. */
  readonly verifying: readonly { readonly start: number; readonly end: number }[]
}

/** The maps that nobody needs any more, oldest first. Never one that is linked or newer than S0, or that a verification is at. */
export function planOldMaps(history: MapHistory, limits: HistoryLimits): number[] {
  const { lastBackup, linked, verifiedUpTo, verifying } = history
  const isOver = (map: number) => lastBackup !== null && map < lastBackup
  const isNeeded = (map: number) => linked.has(map) || verifying.some(({ start, end }) => start < map && map <= end)
  const kept = (map: number) => (map > (verifiedUpTo ?? 0) ? limits.unverifiedMaps : limits.verifiedMaps)
  const newestFirst = history.maps.filter(isOver).toSorted((a, b) => b - a)
  return newestFirst.filter((map, index) => index >= kept(map) && !isNeeded(map)).toReversed()
}

/** The records that are too old, oldest first; never one that is linked. */
export function planOldRecords(records: readonly number[], linked: ReadonlySet<number>, keep: number): number[] {
  const newestFirst = records.toSorted((a, b) => b - a)
  return newestFirst.filter((record, index) => index >= keep && !linked.has(record)).toReversed()
}
