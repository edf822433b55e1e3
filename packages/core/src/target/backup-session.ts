import { LustrebackupError } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import type { DriftLog } from '../namespace/drift-log.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import type { Staying } from '../namespace/staying-run.js'
import type { SourceInit } from '../source/source-init-types.js'
import type { ListContext } from '../transfer/list-run.js'
import { planRsync } from '../transfer/rsync-plan.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import type { RsyncSettings, TransferList } from '../transfer/transfer-types.js'
import type { Tree } from '../tree/tree-port.js'
import { percentDecode } from '../types/path-bytes.js'
import type { BackupPorts } from './backup-ports.js'
import type { TargetFacts } from './base-plan.js'
import type { TargetBackup } from './target-types.js'
import type { WorkFolder } from './work-folder.js'

/** One run of one backup: what every phase works with. */
export interface BackupSession {
  readonly ports: BackupPorts
  readonly map: OpenMap
  readonly work: WorkFolder
  readonly data: Tree
  readonly drift: DriftLog
  readonly settings: RsyncSettings
  /** As it was before this run. */
  readonly facts: TargetFacts
  /** What earlier phases left. */
  readonly record: TargetBackup
  /** Read from the map when it is asked for first. */
  readonly staying: () => Promise<Staying>
  /** Makes sure that the snapshot is mounted on the source. */
  readonly remount: () => Promise<void>
  /** Whether an earlier run was in this phase already. */
  readonly resumed: boolean
}

/** What a phase adds to the record of the backup. */
export type PhaseResult = Partial<Pick<TargetBackup, 'owed' | 'totals'>>

/** Where content comes from; what cannot be passed to rsync unchanged is refused before anything is changed. */
export function rsyncSettings({ config }: BackupPorts, backup: NonNullable<SourceInit['backup']>): RsyncSettings {
  const decoded = percentDecode(backup.dataPath)
  if (decoded === null) {
    throw new LustrebackupError('SOURCE_ANSWER_INVALID', `the source gave the data path ${showValue(backup.dataPath)}`, {
      hint: 'Compare the versions of lustrebackup on both sides.',
    })
  }
  const dataPath = decoded.toString('latin1').replace(/^\/+|\/+$/g, '')
  const settings = {
    rsyncCommand: config.backup.rsyncCommand,
    sshConfig: config.system.sshConfig,
    host: config.source.host,
    remoteFolder: dataPath === '' ? backup.mountPoint : `${backup.mountPoint}/${dataPath}`,
    localFolder: config.lustre.dataPath,
  }
  planRsync('data', settings, '/')
  return settings
}

/** Everything of which content or attributes are transferred. */
export function transferSources({ map, work }: BackupSession, mirrored: { readonly parts: EntryParts['parts'] } | null): EntryParts[] {
  const fromMap = { folder: map.folder, parts: map.header.parts }
  return mirrored === null ? [fromMap] : [fromMap, { folder: work.mirror, parts: mirrored.parts }]
}

export function listContext({ ports, data, settings, remount }: BackupSession, phase: string, lists: readonly TransferList[]): ListContext {
  const totalBytes = lists.reduce((sum, list) => sum + list.sizeBytes, 0n)
  const totalFiles = lists.reduce((sum, list) => sum + list.pathCount, 0)
  let [doneBytes, doneFiles] = [0n, 0]
  return {
    exec: ports.exec,
    settings,
    nprocs: ports.config.system.nprocs,
    signal: ports.signal,
    log: ports.log,
    sync: () => data.sync(),
    remount,
    elapsedSeconds: ports.elapsedSeconds,
    progress(list) {
      doneBytes += list.sizeBytes
      doneFiles += list.pathCount
      ports.progress({ phase, doneBytes, totalBytes, doneFiles, totalFiles })
    },
  }
}
