/** A finished map that leads to a newer snapshot than S0. */
export interface MapCandidate {
  /** That of its snapshot. */
  readonly timestamp: number
  readonly kind: 'incremental' | 'full'
}

/**
 * Chooses the map for the next backup, or null when there is none.
 * Normally the newest. After a backup that was given up half way (`between`), the target's tree may be between S0 and that S1:
 * then only that one, or a newer full map, can be worked off.
 */
export function chooseMap(candidates: readonly MapCandidate[], between: number | null): MapCandidate | null {
  const newestFirst = candidates.toSorted((a, b) => b.timestamp - a.timestamp)
  const interrupted = newestFirst.find(({ timestamp }) => timestamp === between)
  if (interrupted === undefined) return newestFirst[0] ?? null
  return newestFirst.find(({ kind, timestamp }) => kind === 'full' && timestamp > interrupted.timestamp) ?? interrupted
}
