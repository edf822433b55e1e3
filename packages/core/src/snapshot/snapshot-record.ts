import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { readLink, removeLink, replaceLink } from '../state/state-link.js'
import { asCount, asFormat, asString } from '../state/state-shape.js'
import type { Snapshot } from './snapshot-types.js'

const FORMAT = 'lustrebackup-snapshot'
const VERSION = 1

/** What is remembered of a snapshot that this software made, beside what the MGS says. */
export interface SnapshotRecord {
  readonly name: string
  /** Number of the canary that went before it; null = none. */
  readonly canary: number | null
}

/** Records a snapshot that this software has just made, and points `last_snapshot` at the record. */
export function recordSnapshot(snapshot: Snapshot, canary: number | null, layout: MetaLayout): void {
  saveState(layout.snapshot(snapshot.timestamp), { format: FORMAT, version: VERSION, ...snapshot, canary })
  replaceLink(layout.link('last_snapshot'), layout.snapshot(snapshot.timestamp))
}

/** null for a snapshot that was not recorded. */
export function loadSnapshotRecord(timestamp: number, layout: MetaLayout): SnapshotRecord | null {
  return loadState(layout.snapshot(timestamp), (value) => {
    const fields = asFormat(value, FORMAT, VERSION)
    return { name: asString(fields.name, 'name'), canary: fields.canary === null ? null : asCount(fields.canary, 'canary') }
  })
}

/** Forgets a snapshot that was destroyed. `newest` is the newest one left; null = none. */
export function forgetSnapshot(snapshot: Snapshot, newest: Snapshot | null, layout: MetaLayout): void {
  const file = layout.snapshot(snapshot.timestamp)
  const link = layout.link('last_snapshot')
  if (readLink(link) === file) {
    if (newest === null) removeLink(link)
    else if (existsSync(layout.snapshot(newest.timestamp))) replaceLink(link, layout.snapshot(newest.timestamp))
    else recordSnapshot(newest, null, layout)
  }
  // The record last: as long as it is there, rebuilding the records comes back to this.
  forgetVerified(snapshot.timestamp, layout)
  rmSync(file, { force: true })
  crashPoint('snapshot-record.removed')
  syncFolder(layout.folder('snapshot'))
}

/** What was verified of a snapshot that is gone helps nobody any more. `last_verified` stays: its name says how far verifications have come. */
function forgetVerified(timestamp: number, layout: MetaLayout): void {
  const own = new RegExp(`^${timestamp}(\\..+)?$`)
  const folder = layout.folder('verify')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => own.test(name)) : []
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true })
  crashPoint('verified.forgotten')
}

/** Makes the records agree with the snapshots that there are, newest first: none of one that is gone, and `last_snapshot` is the newest of ours. */
export function rebuildRecords(snapshots: readonly Snapshot[], layout: MetaLayout): void {
  const folder = layout.folder('snapshot')
  const there = new Set(snapshots.map(({ timestamp }) => `${timestamp}.json`))
  const gone = readdirSync(folder).filter((name) => /^[0-9]+\.json$/.test(name) && !there.has(name))
  const newest = snapshots.find(({ ours }) => ours)
  if (newest === undefined) removeLink(layout.link('last_snapshot'))
  else if (existsSync(layout.snapshot(newest.timestamp))) replaceLink(layout.link('last_snapshot'), layout.snapshot(newest.timestamp))
  else recordSnapshot(newest, null, layout)
  for (const name of gone) {
    forgetVerified(Number.parseInt(name, 10), layout)
    rmSync(join(folder, name), { force: true })
  }
  crashPoint('snapshot-record.rebuilt')
  syncFolder(folder)
}
