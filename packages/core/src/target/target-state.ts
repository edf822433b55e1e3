import { rmSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { showValue } from '../errors/show-value.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, saveState } from '../state/state-file.js'
import { linkedTimestamp, removeLink, replaceLink } from '../state/state-link.js'
import { asArray, asBoolean, asCount, asFormat, asInt, asObject, asString } from '../state/state-shape.js'
import { jsonFromInt } from '../types/json-int.js'
import { parseComparison } from './compare-state.js'
import { formatOwed, parseOwed } from './owed-state.js'
import { type BackupTotals, type Phase, phasesOf, type TargetBackup } from './target-types.js'

const FORMAT = 'lustrebackup-target-backup'
const VERSION = 1

/**
 * The backup that a link points to. A snapshot that is backed up once more, by a full map, has the record of its first backup: until it is done
 * again, there is no last backup.
 */
export function loadTargetBackup(layout: MetaLayout, link: 'last_backup' | 'inprogress_backup'): TargetBackup | null {
  const timestamp = linkedTimestamp(layout.link(link))
  const backup = timestamp === null ? null : loadState(layout.backup(timestamp), parseTargetBackup)
  return link === 'last_backup' && backup?.phase !== 'done' ? null : backup
}

/** Records a backup that is being worked on. */
export function saveInProgress(layout: MetaLayout, backup: TargetBackup): void {
  saveState(layout.backup(backup.timestamp), formatTargetBackup(backup))
  replaceLink(layout.link('inprogress_backup'), layout.backup(backup.timestamp))
}

/** The backup becomes the last one. A crash between the two links leaves one that is finished and in progress: it is recognised by its phase. */
export function saveFinished(layout: MetaLayout, backup: TargetBackup): void {
  saveState(layout.backup(backup.timestamp), formatTargetBackup(backup))
  replaceLink(layout.link('last_backup'), layout.backup(backup.timestamp))
  removeLink(layout.link('inprogress_backup'))
}

/** Removes the record of an unfinished backup after a full one has taken its place. */
export function removeRecord(layout: MetaLayout, backup: TargetBackup): void {
  rmSync(layout.backup(backup.timestamp), { force: true })
  crashPoint('backup-record.removed')
  syncFolder(layout.folder('backup'))
}

export function formatTargetBackup(backup: TargetBackup): object {
  const owed = backup.owed.map(formatOwed)
  const plain = JSON.parse(
    JSON.stringify({ ...backup, owed: null }, (_, value) => (typeof value === 'bigint' ? jsonFromInt(value) : value)),
  ) as object
  return { format: FORMAT, version: VERSION, ...plain, owed }
}

export function parseTargetBackup(value: unknown): TargetBackup {
  const fields = asFormat(value, FORMAT, VERSION)
  const kind = asString(fields.kind, 'kind')
  if (kind !== 'full' && kind !== 'incremental') throw new Error('kind is neither full nor incremental')
  const tree = asObject(fields.tree, 'tree')
  return {
    fsname: asString(fields.fsname, 'fsname'),
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: asString(fields.snapshotName, 'snapshotName'),
    kind,
    base: fields.base === null ? null : asCount(fields.base, 'base'),
    headerDigest: asString(fields.headerDigest, 'headerDigest'),
    phase: asPhase(fields.phase, kind),
    startedAt: asCount(fields.startedAt, 'startedAt'),
    finishedAt: fields.finishedAt === null ? null : asCount(fields.finishedAt, 'finishedAt'),
    startedFrom: asStartedFrom(fields.startedFrom),
    phaseSeconds: asObject(fields.phaseSeconds, 'phaseSeconds') as TargetBackup['phaseSeconds'],
    totals: parseTotals(asObject(fields.totals, 'totals')),
    owed: asArray(fields.owed, 'owed').map(parseOwed),
    tree: { dataPath: asString(tree.dataPath, 'tree.dataPath'), ino: asInt(tree.ino, 'tree.ino') },
    treeEntryCount: asCount(fields.treeEntryCount, 'treeEntryCount'),
    treeBytes: asInt(fields.treeBytes, 'treeBytes'),
    acknowledged: asBoolean(fields.acknowledged, 'acknowledged'),
  }
}

function parseTotals(fields: Readonly<Record<string, unknown>>): BackupTotals {
  const entries = asObject(fields.entries, 'totals.entries')
  return {
    fileCount: asInt(fields.fileCount, 'totals.fileCount'),
    contentBytes: asInt(fields.contentBytes, 'totals.contentBytes'),
    receivedBytes: asInt(fields.receivedBytes, 'totals.receivedBytes'),
    entries: {
      done: asCount(entries.done, 'totals.entries.done'),
      repaired: asCount(entries.repaired, 'totals.entries.repaired'),
      owed: asCount(entries.owed, 'totals.entries.owed'),
    },
    removedCount: asCount(fields.removedCount, 'totals.removedCount'),
    driftCount: asCount(fields.driftCount, 'totals.driftCount'),
    comparison: fields.comparison === null ? null : parseComparison(fields.comparison),
    incompleteDirectories: asBoolean(fields.incompleteDirectories, 'totals.incompleteDirectories'),
  }
}

function asPhase(value: unknown, kind: TargetBackup['kind']): Phase {
  if (!phasesOf(kind).includes(value as Phase)) throw new Error(`phase is ${showValue(value)}, which a ${kind} backup does not have`)
  return value as Phase
}

function asStartedFrom(value: unknown): TargetBackup['startedFrom'] {
  if (value !== 'base' && value !== 'backup' && value !== 'unknown') throw new Error(`startedFrom is ${showValue(value)}`)
  return value
}
