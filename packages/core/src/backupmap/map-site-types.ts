import type { LogRange } from '../changelog/read-logs-run.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { SourceBackup } from '../source/source-backup.js'
import type { SharedCounter } from '../workers/shared-counter.js'
import type { Area } from './area.js'
import type { MapComparison, MapCounts, MapHeader, MapMdt, MapPart } from './backupmap-types.js'
import type { StepClock } from './step-clock.js'

/** S0 as a map is made against it. */
export interface MapBase {
  readonly backup: SourceBackup
  /** Where its snapshot is mounted; null when it is gone (only a full map can do without). */
  readonly mountPoint: string | null
  /** Its map, with the sets for this interval; null when it is gone. */
  readonly map: { readonly folder: string; readonly header: MapHeader } | null
}

/** Everything that a map is made of, mounted and decided. */
export interface MapSite {
  readonly base: MapBase | null
  readonly snapshot: Snapshot
  readonly mountPoint: string
  readonly area: Area
  readonly roots: SourceBackup['roots']
  readonly logs: readonly LogRange[]
  /** Where the parts are written; nothing else is in it. */
  readonly folder: string
  readonly partitionFolder: string
  readonly touchedFolder: string
  readonly clock: StepClock
  /** Raised by threads: FIDs that were resolved, entries that were walked. */
  readonly counter: SharedCounter
}

/** What the making of the parts gives to the header. */
export interface MapContent {
  readonly counts: MapCounts
  readonly tree: MapHeader['tree']
  readonly comparison: MapComparison
  readonly mdts: readonly MapMdt[]
  readonly parts: readonly MapPart[]
}
