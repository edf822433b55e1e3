import { LustrebackupError } from '../errors/errors.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, WITHOUT_IT } from '../state/state-file.js'
import { linkedTimestamp } from '../state/state-link.js'
import { asArray, asCount, asFormat, asObject, asString } from '../state/state-shape.js'
import { type Fid, parseFid } from '../types/fid.js'
import { intFromJson, type JsonInt, jsonFromInt } from '../types/json-int.js'

const FORMAT = 'lustrebackup-source-backup'
const VERSION = 1

/** Last record of an MDT that a backup holds; 0 = none yet. */
export interface Cursor {
  readonly mdt: string
  readonly recno: bigint
}

/**
 * A backup as the source remembers it: `backup/TIMESTAMP.json`.
 * The links say what it is: `last_backup` points to S0, `inprogress_backup` to the one that the target works on,
 * `between_backup` to one that was given up when the target's tree may have been changed already.
 */
export interface SourceBackup {
  readonly fsname: string
  /** That of the snapshot. */
  readonly timestamp: number
  readonly snapshotName: string
  /** Timestamp of the backup before it; null when it was the first. */
  readonly base: number | null
  /** sha256 of `header.json` of its map, hex. */
  readonly headerDigest: string
  readonly cursors: readonly Cursor[]
  readonly roots: { readonly dataPath: Fid; readonly metaBasepath: Fid | null }
  /** `data_path` relative to the file system, percent-encoded. */
  readonly dataPath: string
  /** Unix seconds. */
  readonly startedAt: number
  /** null while in progress. */
  readonly finishedAt: number | null
  /** What the target could not copy: sent with the next map whatever the snapshots say. */
  readonly owed: readonly Fid[]
}

export type BackupLink = 'last_backup' | 'inprogress_backup' | 'between_backup'

/** The backup that a link points to; null without the link. */
export function loadBackup(layout: MetaLayout, link: BackupLink): SourceBackup | null {
  const timestamp = linkedTimestamp(layout.link(link))
  if (timestamp === null) return null
  const backup = loadState(layout.backup(timestamp), parseSourceBackup)
  // The link is made after the file and removed before it: somebody else has removed that.
  if (backup === null) {
    throw new LustrebackupError('STATE_MISSING', `${layout.link(link)} points to ${layout.backup(timestamp)}, which does not exist`, {
      hint: WITHOUT_IT,
    })
  }
  return backup
}

/** The snapshot of a backup, if it still is that one: after it was destroyed, another one may have been made under its name. */
export function snapshotOfBackup(snapshots: readonly Snapshot[], { snapshotName, timestamp }: SourceBackup): Snapshot | null {
  return snapshots.find((snapshot) => snapshot.name === snapshotName && snapshot.timestamp === timestamp) ?? null
}

export function formatSourceBackup(backup: SourceBackup): object {
  const cursors = backup.cursors.map(({ mdt, recno }) => ({ mdt, recno: jsonFromInt(recno) }))
  return { format: FORMAT, version: VERSION, ...backup, cursors }
}

export function parseSourceBackup(value: unknown): SourceBackup {
  const fields = asFormat(value, FORMAT, VERSION)
  const roots = asObject(fields.roots, 'roots')
  return {
    fsname: asString(fields.fsname, 'fsname'),
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: asString(fields.snapshotName, 'snapshotName'),
    base: fields.base === null ? null : asCount(fields.base, 'base'),
    headerDigest: asString(fields.headerDigest, 'headerDigest'),
    cursors: asArray(fields.cursors, 'cursors').map(parseCursor),
    roots: {
      dataPath: asFid(roots.dataPath, 'roots.dataPath'),
      metaBasepath: roots.metaBasepath === null ? null : asFid(roots.metaBasepath, 'roots.metaBasepath'),
    },
    dataPath: asString(fields.dataPath, 'dataPath'),
    startedAt: asCount(fields.startedAt, 'startedAt'),
    finishedAt: fields.finishedAt === null ? null : asCount(fields.finishedAt, 'finishedAt'),
    owed: asArray(fields.owed, 'owed').map((fid) => asFid(fid, 'owed')),
  }
}

function parseCursor(value: unknown): Cursor {
  const fields = asObject(value, 'a cursor')
  const recno = intFromJson(fields.recno as JsonInt)
  if (recno === null || recno < 0n) throw new Error('recno of a cursor is not a record number')
  return { mdt: asString(fields.mdt, 'mdt'), recno }
}

function asFid(value: unknown, what: string): Fid {
  const fid = parseFid(asString(value, what))
  if (fid === null) throw new Error(`${what} is not a FID`)
  return fid
}
