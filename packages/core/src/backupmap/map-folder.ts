import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { syncFolder } from '../state/durable.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { replaceFile } from '../state/state-file.js'
import { replaceLink } from '../state/state-link.js'
import type { MapHeader } from './backupmap-types.js'
import { checkParts, HEADER_FILE } from './map-reader.js'
import { formatHeader, parseHeader } from './parse-header.js'

const PREFIX = 'backupmap-'

/** Where a map is made before it is valid. */
export interface MapWorkFolders {
  readonly folder: string
  readonly partitionFolder: string
  /** What was touched, as far as it does not fit into memory. */
  readonly touchedFolder: string
}

/** Makes fresh work folders under `tmp/`, after removing those of runs that died; the caller holds the lock of the source. */
export function makeWorkFolders(layout: MetaLayout, timestamp: number): MapWorkFolders {
  removeWorkFolders(layout)
  const folder = join(layout.folder('tmp'), `${PREFIX}${timestamp}`)
  const partitionFolder = `${folder}.partitions`
  const touchedFolder = `${folder}.touched`
  for (const made of [folder, partitionFolder, touchedFolder]) mkdirSync(made, { mode: 0o700 })
  crashPoint('map-folder.made')
  return { folder, partitionFolder, touchedFolder }
}

export function removeWorkFolders(layout: MetaLayout): void {
  const tmp = layout.folder('tmp')
  for (const name of readdirSync(tmp)) if (name.startsWith(PREFIX)) rmSync(join(tmp, name), { recursive: true, force: true })
  crashPoint('map-folder.cleaned')
}

/** The header makes a map valid: it is written last, when every part is on disk; then the folder gets its name, and the link points to it. */
export function publishMap(layout: MetaLayout, { folder }: MapWorkFolders, header: MapHeader): string {
  replaceFile(join(folder, HEADER_FILE), formatHeader(header))
  const final = layout.backupmap(header.snapshot.timestamp)
  // One that is not valid any more makes room; without any, the next run makes it again.
  if (existsSync(final)) {
    renameSync(final, join(layout.folder('tmp'), `${PREFIX}replaced-${header.snapshot.timestamp}`))
    crashPoint('map-folder.replaced')
  }
  renameSync(folder, final)
  crashPoint('map-folder.published')
  syncFolder(layout.folder('backupmap'))
  syncFolder(layout.folder('tmp'))
  replaceLink(layout.link('last_backupmap'), final)
  removeWorkFolders(layout)
  return final
}

/** Takes a map away at once, then removes what is in it; what a kill leaves of it, `removeWorkFolders` removes. */
export function removeMap(layout: MetaLayout, timestamp: number): void {
  const removed = join(layout.folder('tmp'), `${PREFIX}removed-${timestamp}`)
  rmSync(removed, { recursive: true, force: true })
  crashPoint('map-folder.cleared')
  renameSync(layout.backupmap(timestamp), removed)
  crashPoint('map-folder.retired')
  syncFolder(layout.folder('backupmap'))
  rmSync(removed, { recursive: true, force: true })
  crashPoint('map-folder.removed')
}

/** A finished map and the digest of its header; null when there is none for this snapshot. */
export interface FinishedMap {
  readonly folder: string
  readonly header: MapHeader
  /** sha256 of `header.json`, hex. */
  readonly headerDigest: string
}

export function loadMap(layout: MetaLayout, timestamp: number): FinishedMap | null {
  const folder = layout.backupmap(timestamp)
  const file = join(folder, HEADER_FILE)
  if (!existsSync(file)) return null
  const bytes = readFileSync(file)
  return { folder, header: parseHeader(bytes.toString('utf8'), file), headerDigest: createHash('sha256').update(bytes).digest('hex') }
}

/** The map of this very snapshot, where another one may have been made in the same second. A damaged header counts as no map. */
export function loadUsableMap(layout: MetaLayout, snapshot: Pick<Snapshot, 'name' | 'timestamp'>): FinishedMap | null {
  try {
    const map = loadMap(layout, snapshot.timestamp)
    return map?.header.snapshot.snapshotName === snapshot.name ? map : null
  } catch (error) {
    if (error instanceof LustrebackupError && error.code === 'MAP_HEADER_INVALID') return null
    throw error
  }
}

/** Whether every part still is what the header says. */
export async function isWhole({ folder, header }: FinishedMap, log: Log): Promise<boolean> {
  try {
    await checkParts(folder, header.parts)
    return true
  } catch (error) {
    log.warning('the map is damaged and has to be made again', { folder, reason: reasonOf(error) })
    return false
  }
}

/** Timestamps of all finished maps, newest first. */
export function listMaps(layout: MetaLayout): number[] {
  const names = readdirSync(layout.folder('backupmap')).filter((name) => /^[0-9]{1,15}$/.test(name))
  return names.map(Number).toSorted((a, b) => b - a)
}
