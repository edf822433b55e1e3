import { realpathSync } from 'node:fs'
import type { MapHeader } from '../backupmap/backupmap-types.js'
import { EXIT, LustrebackupError, reasonOf } from '../errors/errors.js'
import { DriftLog } from '../namespace/drift-log.js'
import { planStaying } from '../namespace/staying-run.js'
import { makeFolder, makeMetaFolders } from '../state/durable.js'
import { forgetRecords } from '../state/forget-records.js'
import type { Tree } from '../tree/tree-port.js'
import type { BackupPorts } from './backup-ports.js'
import { type BackupSession, rsyncSettings } from './backup-session.js'
import { openBackupMap } from './open-map-run.js'
import { PHASES } from './phases-run.js'
import { checkRsync } from './preflight-run.js'
import { lookAtTarget, startOrContinue } from './start-run.js'
import { loadTargetBackup, saveFinished, saveInProgress } from './target-state.js'
import { isBetween, type Phase, phasesOf, type TargetBackup, tenths } from './target-types.js'
import { removeLeftovers, workFolder } from './work-folder.js'

export interface BackupOptions {
  /** Go on although the map changes more than `max_change_percent` of the tree. */
  readonly acceptChanges: boolean
}

export type BackupOutcome =
  /** `acknowledged`: a backup that an earlier run finished, and of which only this one could tell the source. */
  | { readonly kind: 'nothing-to-do'; readonly lastBackup: number | null; readonly acknowledged: TargetBackup | null }
  | { readonly kind: 'finished'; readonly backup: TargetBackup; readonly header: MapHeader; readonly continued: boolean }

/**
 * A whole backup, or the rest of an interrupted one. The caller holds the lock. In order: what an earlier run finished is acknowledged first;
 * then the source says what there is to do; nothing is changed before the map is here, whole, and known to start from this very tree.
 */
export async function runBackup(options: BackupOptions, ports: BackupPorts): Promise<BackupOutcome> {
  const { layout, log } = ports
  makeMetaFolders(layout)
  const earlier = await acknowledgeEarlier(ports)
  await checkRsync(ports)
  const init = await ports.source.init()
  const inProgress = loadTargetBackup(layout, 'inprogress_backup')
  if (init.backup === null) {
    if (inProgress !== null && isBetween(inProgress)) throw abandoned(inProgress)
    if (earlier.refusal !== null) throw unknownThere(earlier.refusal)
    const last = loadTargetBackup(layout, 'last_backup')
    // A run that was killed at its very end has left them.
    if (last !== null && inProgress === null) forget(last, ports)
    return { kind: 'nothing-to-do', lastBackup: init.lastBackup, acknowledged: earlier.acknowledged }
  }
  const settings = rsyncSettings(ports, init.backup)
  const started = { atSeconds: ports.nowSeconds(), elapsedSeconds: ports.elapsedSeconds() }
  const work = workFolder(layout, init.backup.timestamp)
  const data = openData(ports)
  try {
    ports.progress({ phase: 'fetch', doneBytes: 0n, totalBytes: 0n, doneFiles: 0, totalFiles: 0 })
    const { map, headerDigest } = await openBackupMap(init, init.backup, inProgress, data, ports)
    if (earlier.refusal !== null && map.header.kind !== 'full') throw unknownThere(earlier.refusal)
    const facts = await lookAtTarget(data, ports)
    const { record, continued } = await startOrContinue(map, headerDigest, facts, options, { data, ports, started })
    makeFolder(work.folder)
    const drift = DriftLog.open(work.drift)
    try {
      const remount = oneAtATime(async () => void (await ports.source.init()))
      const staying = once(() => planStaying(map, ports.signal))
      const session: BackupSession = { ports, map, work, data, drift, settings, facts, record, staying, remount, resumed: false }
      const finished = await runPhases(session, continued)
      log.info('backup finished', { snapshot: finished.snapshotName, owed: finished.owed.length, totals: finished.totals })
      const [acknowledged] = await Promise.allSettled([acknowledge(finished, ports), ports.report()])
      if (acknowledged.status === 'rejected') throw acknowledged.reason
      forget(finished, ports)
      return { kind: 'finished', backup: finished, header: map.header, continued }
    } finally {
      drift.close()
    }
  } finally {
    data.close()
  }
}

/** What is over is not needed any more. */
function forget(last: TargetBackup, { layout, keptRecords }: BackupPorts): void {
  removeLeftovers(layout, last.timestamp)
  forgetRecords(layout, keptRecords)
}

/** Works through the phases from the one that was reached; each is complete and on disk before the next is recorded. */
async function runPhases(session: BackupSession, continued: boolean): Promise<TargetBackup> {
  const { ports, data, map } = session
  let { record } = session
  let resumed = continued
  const phases = phasesOf(map.header.kind)
  while (record.phase !== 'done') {
    const { phase } = record
    if (phase === 'fetch') throw new Error('a backup is never recorded before its map is here')
    ports.signal.throwIfAborted()
    ports.log.info('phase begun', { phase, snapshot: record.snapshotName, resumed })
    ports.progress({ phase, doneBytes: 0n, totalBytes: 0n, doneFiles: 0, totalFiles: 0 })
    const begun = ports.elapsedSeconds()
    const result = await PHASES[phase]({ ...session, record, resumed })
    await data.sync()
    const seconds = tenths((record.phaseSeconds[phase] ?? 0) + ports.elapsedSeconds() - begun)
    const next = phases[phases.indexOf(phase) + 1] as Phase
    record = { ...record, ...result, phase: next, phaseSeconds: { ...record.phaseSeconds, [phase]: seconds } }
    if (next === 'done') record = { ...record, finishedAt: ports.nowSeconds() }
    if (next === 'done') saveFinished(ports.layout, record)
    else saveInProgress(ports.layout, record)
    resumed = false
  }
  return record
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}

/** Calls that come while one is under way wait for that one. */
function oneAtATime(action: () => Promise<void>): () => Promise<void> {
  let underWay: Promise<void> | null = null
  return () => {
    underWay ??= action().finally(() => {
      underWay = null
    })
    return underWay
  }
}

function openData({ config, openTree }: BackupPorts): Tree {
  const [dataPath, metaBasepath] = [resolved(config.lustre.dataPath), resolved(config.lustre.metaBasepath)]
  if (metaBasepath === dataPath || metaBasepath.startsWith(`${dataPath}/`)) {
    throw new LustrebackupError('CONFIG_INVALID', `[LUSTRE] meta_basepath ${metaBasepath} lies inside data_path ${dataPath}`, {
      exitCode: EXIT.usage,
      hint: 'Everything in data_path that the source does not have is removed: keep meta_basepath beside it.',
    })
  }
  return openTree(dataPath)
}

/** Without symlinks; a folder that is not there is told by name. */
function resolved(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (error) {
    throw new LustrebackupError('TREE_UNREADABLE', `opening the folder ${folder}: ${reasonOf(error)}`, {
      hint: 'Check that it exists and that its file system is mounted. The first backup needs an empty folder.',
      cause: error,
    })
  }
}

interface Earlier {
  /** A backup that was finished before, and of which the source knows only now. */
  readonly acknowledged: TargetBackup | null
  /** The source knows no such backup: only a full map leads on from there. */
  readonly refusal: LustrebackupError | null
}

/** A backup that is finished but of which the source does not know: told first, before any map is looked at. */
async function acknowledgeEarlier(ports: BackupPorts): Promise<Earlier> {
  const { layout, log } = ports
  const inProgress = loadTargetBackup(layout, 'inprogress_backup')
  // The run before ended between the last two steps of recording its end.
  if (inProgress?.phase === 'done') saveFinished(layout, inProgress)
  const last = loadTargetBackup(layout, 'last_backup')
  if (last === null || last.acknowledged) return { acknowledged: null, refusal: null }
  log.info('telling the source that an earlier backup is finished', { snapshot: last.snapshotName })
  try {
    await acknowledge(last, ports)
    return { acknowledged: last, refusal: null }
  } catch (error) {
    const refusal = error instanceof LustrebackupError && error.cause instanceof LustrebackupError ? error : null
    if ((refusal?.cause as LustrebackupError | undefined)?.code !== 'SOURCE_REFUSED') throw error
    log.warning('the source does not know the last backup', { snapshot: last.snapshotName })
    return { acknowledged: null, refusal }
  }
}

/** The source's state was lost, or is that of an earlier day: its next incremental map would not start from this tree. */
function unknownThere(refusal: LustrebackupError): LustrebackupError {
  return new LustrebackupError(refusal.code, refusal.message, {
    exitCode: EXIT.fullMapNeeded,
    hint: 'The source does not know this backup: its state below meta_basepath was lost or put back, or belongs to another target. Make a snapshot and a full map there (lustrebackup_snapshot_create, lustrebackup_source_map --full), then run the backup again: a full map compares everything, and leads on from any state.',
    cause: refusal.cause,
  })
}

async function acknowledge(backup: TargetBackup, { source, layout }: BackupPorts): Promise<void> {
  try {
    await source.done(backup.timestamp, backup.owed)
  } catch (error) {
    throw new LustrebackupError(
      'NOT_ACKNOWLEDGED',
      `the backup of ${backup.snapshotName} is finished and safe here, but the source could not be told: ${reasonOf(error)}`,
      { hint: 'The next run tells it first. Until then the source keeps its changelog.', cause: error },
    )
  }
  saveFinished(layout, { ...backup, acknowledged: true })
}

function abandoned(backup: TargetBackup): LustrebackupError {
  return new LustrebackupError(
    'TARGET_BETWEEN',
    `the target is between ${backup.base ?? 'nothing'} and ${backup.timestamp} (${backup.snapshotName}), and the source has nothing to finish that with`,
    {
      exitCode: EXIT.fullMapNeeded,
      hint: 'Make a new snapshot and a full map on the source (lustrebackup_source_map --full), then run the backup again.',
    },
  )
}
