import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkParts, loadHeader, neededParts } from '../backupmap/map-reader.js'
import { crashPoint } from '../crash/crash-point.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import type { SourceInit } from '../source/source-init-types.js'
import { syncFolder } from '../state/durable.js'
import { replaceLink } from '../state/state-link.js'
import type { Tree } from '../tree/tree-port.js'
import type { BackupPorts } from './backup-ports.js'
import { fetchMap } from './fetch-map-run.js'
import { isBetween, type TargetBackup } from './target-types.js'

export interface OpenedMap {
  readonly map: OpenMap
  readonly headerDigest: string
}

/**
 * The map to work with. A backup that has begun to change the target goes on with the map that it began with, also when the source
 * has made another one of the same snapshot since; only a full one takes its place.
 */
export async function openBackupMap(
  init: SourceInit,
  backup: NonNullable<SourceInit['backup']>,
  inProgress: TargetBackup | null,
  data: Tree,
  ports: BackupPorts,
): Promise<OpenedMap> {
  const { layout } = ports
  const mapFolder = layout.backupmap(backup.timestamp)
  const { headerDigest } = backup.map
  const begun = inProgress !== null && isBetween(inProgress) && inProgress.timestamp === backup.timestamp ? inProgress : null
  if (begun === null || begun.headerDigest === headerDigest) {
    const map = await fetchInto(mapFolder, init, backup, data, ports)
    replaceLink(layout.link('last_backupmap'), mapFolder)
    return { map, headerDigest }
  }
  const other = await fetchInto(join(fetchFolder(ports, backup.timestamp), 'other'), init, backup, data, ports)
  if (other.header.kind === 'incremental') {
    const header = await loadHeader(mapFolder, begun.headerDigest)
    await checkParts(mapFolder, neededParts(header))
    return { map: { folder: mapFolder, header }, headerDigest: begun.headerDigest }
  }
  rmSync(mapFolder, { recursive: true, force: true })
  crashPoint('fetch.removed')
  renameSync(other.folder, mapFolder)
  crashPoint('fetch.replaced')
  syncFolder(layout.folder('backupmap'))
  return { map: { folder: mapFolder, header: other.header }, headerDigest }
}

/** Fetches the map of a backup to any folder. */
export function fetchInto(
  mapFolder: string,
  init: SourceInit,
  backup: NonNullable<SourceInit['backup']>,
  data: Tree,
  ports: BackupPorts,
): Promise<OpenMap> {
  const { config, exec, log, signal } = ports
  const rsync = { rsyncCommand: config.backup.rsyncCommand, sshConfig: config.system.sshConfig, host: config.source.host }
  const listFolder = join(fetchFolder(ports, backup.timestamp), 'lists')
  const sync = () => data.sync()
  return fetchMap({ exec, log, signal, sync, rsync, fsname: init.fsname, backup, mapFolder, listFolder })
}

function fetchFolder({ layout }: BackupPorts, timestamp: number): string {
  return join(layout.folder('tmp'), `fetch-${timestamp}`)
}
