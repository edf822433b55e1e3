import { rmSync } from 'node:fs'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { saveState } from '../state/state-file.js'
import { readLink, removeLink, replaceLink } from '../state/state-link.js'
import type { Snapshot } from './snapshot-types.js'

const FORMAT = 'lustrebackup-snapshot'
const VERSION = 1

/** Records a snapshot that this software has just made, and points `last_snapshot` at the record. */
export function recordSnapshot(snapshot: Snapshot, layout: MetaLayout): void {
  const file = layout.snapshot(snapshot.timestamp)
  saveState(file, { format: FORMAT, version: VERSION, ...snapshot })
  replaceLink(layout.link('last_snapshot'), file)
}

/** Forgets a snapshot that was destroyed. `newest` is the newest one left; null = none. */
export function forgetSnapshot(snapshot: Snapshot, newest: Snapshot | null, layout: MetaLayout): void {
  const file = layout.snapshot(snapshot.timestamp)
  const link = layout.link('last_snapshot')
  if (readLink(link) === file) {
    if (newest === null) removeLink(link)
    else recordSnapshot(newest, layout)
  }
  rmSync(file, { force: true })
  syncFolder(layout.folder('snapshot'))
}
