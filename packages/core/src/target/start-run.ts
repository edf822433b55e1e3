import type { MapHeader } from '../backupmap/backupmap-types.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { openStaging } from '../namespace/staging-run.js'
import { makeEmpty, makeFolder } from '../state/durable.js'
import type { Tree } from '../tree/tree-port.js'
import type { BackupPorts } from './backup-ports.js'
import type { BackupOptions } from './backup-run.js'
import { changePercent, checkBase, startedFrom, type TargetFacts } from './base-plan.js'
import { loadTargetBackup, removeRecord, saveInProgress } from './target-state.js'
import { phasesOf, type TargetBackup, tenths } from './target-types.js'
import { workFolder } from './work-folder.js'

/** What the target is before a map is looked at. */
export async function lookAtTarget(data: Tree, { layout }: BackupPorts): Promise<TargetFacts> {
  const root = Buffer.alloc(0)
  const [[stat], [entries]] = await Promise.all([data.lstat([root]), data.readdir([root])])
  return {
    last: loadTargetBackup(layout, 'last_backup'),
    inProgress: loadTargetBackup(layout, 'inprogress_backup'),
    tree: { dataPath: data.path, ino: stat!.ino },
    isEmpty: entries!.length === 0,
  }
}

export interface StartContext {
  readonly data: Tree
  readonly ports: BackupPorts
  readonly started: { readonly atSeconds: number; readonly elapsedSeconds: number }
}

/** Decides, and marks the target as *between* before anything of it is changed. */
export async function startOrContinue(
  map: OpenMap,
  headerDigest: string,
  facts: TargetFacts,
  options: BackupOptions,
  { data, ports, started }: StartContext,
): Promise<{ readonly record: TargetBackup; readonly continued: boolean }> {
  const check = checkBase(map.header, headerDigest, facts)
  if (check.kind === 'refuse') {
    throw new LustrebackupError(check.code, `${check.reason}; nothing was changed`, { exitCode: EXIT.fullMapNeeded, hint: check.hint })
  }
  if (check.kind === 'continue') {
    ports.log.warning('an interrupted backup is continued', { snapshot: check.backup.snapshotName, phase: check.backup.phase })
    return { record: check.backup, continued: true }
  }
  assertExpectedSize(map.header, options, ports)
  const work = workFolder(ports.layout, map.header.snapshot.timestamp)
  if (map.header.kind === 'incremental') (await openStaging(work.staging, data, ports.openTree)).close()
  makeEmpty(work.folder)
  makeFolder(work.lists)
  const phaseSeconds = { fetch: tenths(ports.elapsedSeconds() - started.elapsedSeconds) }
  const record = { ...newRecord(map.header, headerDigest, facts, started.atSeconds), phaseSeconds }
  saveInProgress(ports.layout, record)
  if (facts.inProgress !== null && facts.inProgress.timestamp !== record.timestamp) removeRecord(ports.layout, facts.inProgress)
  return { record, continued: false }
}

function assertExpectedSize(header: MapHeader, { acceptChanges }: BackupOptions, { config }: BackupPorts): void {
  const limit = config.backup.maxChangePercent
  const percent = changePercent(header)
  if (limit === null || percent === null || acceptChanges || percent <= limit) return
  throw new LustrebackupError(
    'TOO_MANY_CHANGES',
    `the map removes or rewrites ${percent.toFixed(1)} % of the tree (${header.counts.removed} entries removed, ${header.counts.data} rewritten), where [BACKUP] max_change_percent allows ${limit} %; nothing was changed`,
    { hint: 'Find out on the source whether this was meant. If it was, run lustrebackup_target --accept-changes.' },
  )
}

function newRecord(header: MapHeader, headerDigest: string, facts: TargetFacts, startedAt: number): TargetBackup {
  const from = startedFrom(header, facts)
  return {
    fsname: header.fsname,
    timestamp: header.snapshot.timestamp,
    snapshotName: header.snapshot.snapshotName,
    kind: header.kind,
    base: header.base?.timestamp ?? null,
    headerDigest,
    phase: phasesOf(header.kind)[1]!,
    startedAt,
    finishedAt: null,
    startedFrom: from,
    phaseSeconds: {},
    totals: {
      fileCount: 0n,
      contentBytes: 0n,
      receivedBytes: 0n,
      entries: { done: 0, repaired: 0, owed: 0 },
      removedCount: 0,
      driftCount: 0,
      comparison: null,
      incompleteDirectories: false,
    },
    owed: from === 'unknown' ? [] : facts.last!.owed,
    tree: facts.tree,
    treeEntryCount: header.tree.entryCount,
    treeBytes: header.tree.sizeBytes,
    acknowledged: false,
  }
}
