import { existsSync } from 'node:fs'
import type { MetaLayout } from '../state/meta-layout.js'
import type { Snapshot } from './snapshot-types.js'

/** Counts snapshots that this software made under another name, and recorded, as its own too. */
export function markOurs(snapshots: readonly Snapshot[], layout: MetaLayout): Snapshot[] {
  return snapshots.map((snapshot) => ({ ...snapshot, ours: snapshot.ours || existsSync(layout.snapshot(snapshot.timestamp)) }))
}
