import { type FinishedMap, loadMap } from '../backupmap/map-folder.js'
import { LustrebackupError } from '../errors/errors.js'
import { loadBackup, parseSourceBackup } from '../source/source-backup.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState } from '../state/state-file.js'
import { type BackupLink, planRange, type RangeRequest, type VerifyRange } from './range-plan.js'

export interface LoadedRange extends VerifyRange {
  readonly snapshotName: string
  readonly maps: readonly FinishedMap[]
}

/** The backups of a range and their maps; null = no finished backup is in it. */
export function loadRange(layout: MetaLayout, request: RangeRequest): LoadedRange | null {
  const { chain, lost } = loadChain(layout)
  const range = planRange(chain, request, (timestamp) => loadMap(layout, timestamp)?.header.kind === 'full')
  if (range === null) return null
  const found = range.backups.map((timestamp) => ({ timestamp, map: loadMap(layout, timestamp) }))
  const without = found.findLast(({ map }) => map === null)
  if (without !== undefined) throw missing(layout, without.timestamp)
  if (!range.whole && lost !== null && lost > request.start) throw missing(layout, lost)
  const maps = found.flatMap(({ map }) => map ?? [])
  return { ...range, snapshotName: maps.at(-1)!.header.snapshot.snapshotName, maps }
}

interface Chain {
  /** The last finished backup and those that it came from, newest first. */
  readonly chain: readonly BackupLink[]
  /** The first one whose record is gone; null = none is. */
  readonly lost: number | null
}

function loadChain(layout: MetaLayout): Chain {
  const chain: BackupLink[] = []
  let backup = loadBackup(layout, 'last_backup')
  while (backup !== null) {
    const { timestamp, base } = backup
    chain.push({ timestamp, base })
    // A snapshot that was backed up once more has its own backup for a base.
    if (base === null || base >= timestamp) break
    backup = loadState(layout.backup(base), parseSourceBackup)
    if (backup === null) return { chain, lost: base }
  }
  return { chain, lost: null }
}

/** Of the newest backup whose map, or record, is gone: what came after it can still be verified. */
function missing(layout: MetaLayout, timestamp: number): LustrebackupError {
  return new LustrebackupError('VERIFY_MAP_MISSING', `the backupmap of ${timestamp} is gone: ${layout.backupmap(timestamp)}`, {
    hint: `Verify what the later backups changed: --start=${timestamp}. For everything, make a full backup (lustrebackup_source_map --full) and verify that.`,
  })
}
