import type { Snapshot } from '../snapshot/snapshot-types.js'

/** Why the changelogs of a snapshot may lack changes, in words; empty = they are proven to hold them. */
export interface ChangelogDoubts {
  /** At the time of the snapshot: it can be no base, and nothing can lead to it. */
  readonly atSnapshot: readonly string[]
  /** Between the base and the snapshot: nothing can lead from one to the other. */
  readonly sinceBase: readonly string[]
}

/** Judges whether what the changelogs of a snapshot do not show did not happen. */
export interface ChangelogProof {
  /** `snapshot` is mounted. `baseTimestamp` is that of S0; null without one. */
  examine(snapshot: Snapshot, baseTimestamp: number | null): Promise<ChangelogDoubts>
}
