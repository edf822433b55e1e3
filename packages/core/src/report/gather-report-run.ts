import { readdirSync } from 'node:fs'
import { loadMap } from '../backupmap/map-folder.js'
import { reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState } from '../state/state-file.js'
import { parseTargetBackup } from '../target/target-state.js'
import type { TargetBackup } from '../target/target-types.js'
import { VERSION } from '../version.js'
import { countChanges } from './count-changes-run.js'
import type { HistoryRun, MapChanges, Report } from './report-types.js'

/** Backups in the history, and owed entries in the report. */
const HISTORY_RUNS = 30
const OWED_IN_REPORT = 100

export interface ReportPorts {
  readonly layout: MetaLayout
  readonly log: Log
  readonly signal: AbortSignal
  nowSeconds(): number
}

/** Puts together what there is to say of a finished backup: its record, its map if that is still here, and the records of those before. */
export async function gatherReport(backup: TargetBackup, ports: ReportPorts): Promise<Report> {
  const map = mapOf(backup, ports)
  const { fsname, timestamp, snapshotName, kind, base, headerDigest, startedAt, finishedAt, phaseSeconds, totals, owed } = backup
  return {
    software: VERSION,
    madeAt: ports.nowSeconds(),
    fsname,
    timestamp,
    snapshotName,
    kind,
    base,
    headerDigest,
    startedAt,
    finishedAt: finishedAt ?? startedAt,
    phaseSeconds,
    totals,
    tree: { entryCount: backup.treeEntryCount, bytes: backup.treeBytes },
    owedCount: owed.length,
    owed: owed.slice(0, OWED_IN_REPORT).map(({ fid, path, reason }) => ({ fid, path, reason })),
    counts: map?.header.counts ?? null,
    changes: map === null ? null : await changesOf(map, ports),
    history: historyUpTo(backup, ports),
  }
}

function mapOf({ timestamp, headerDigest }: TargetBackup, { layout, log }: ReportPorts): ReturnType<typeof loadMap> {
  try {
    const map = loadMap(layout, timestamp)
    return map?.headerDigest === headerDigest ? map : null
  } catch (error) {
    log.info('the report does without the map', { reason: reasonOf(error) })
    return null
  }
}

async function changesOf(map: NonNullable<ReturnType<typeof loadMap>>, { log, signal }: ReportPorts): Promise<MapChanges | null> {
  try {
    return await countChanges(map, signal)
  } catch (error) {
    signal.throwIfAborted()
    log.info('the report does without the changes by folder', { reason: reasonOf(error) })
    return null
  }
}

function historyUpTo(backup: TargetBackup, { layout, log }: ReportPorts): HistoryRun[] {
  const timestamps = readdirSync(layout.folder('backup'))
    .filter((name) => /^[0-9]{1,15}\.json$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .filter((timestamp) => timestamp <= backup.timestamp)
    .sort((a, b) => a - b)
  const runs = timestamps.slice(-HISTORY_RUNS).map((timestamp) => {
    try {
      return loadState(layout.backup(timestamp), parseTargetBackup)
    } catch (error) {
      log.info('the history does without a backup', { timestamp, reason: reasonOf(error) })
      return null
    }
  })
  return runs.flatMap((run) => (run?.phase === 'done' && run.finishedAt !== null ? [historyRun(run, run.finishedAt)] : []))
}

function historyRun({ timestamp, kind, startedAt, phaseSeconds, totals, owed }: TargetBackup, finishedAt: number): HistoryRun {
  return {
    timestamp,
    kind,
    startedAt,
    finishedAt,
    workSeconds: Object.values(phaseSeconds).reduce((sum, seconds) => sum + seconds, 0),
    transferSeconds: (phaseSeconds.data ?? 0) + (phaseSeconds.compare ?? 0),
    fileCount: totals.fileCount,
    contentBytes: totals.contentBytes,
    owedCount: owed.length,
  }
}
