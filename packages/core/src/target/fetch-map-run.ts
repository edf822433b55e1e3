import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MapHeader } from '../backupmap/backupmap-types.js'
import { checkParts, HEADER_FILE, loadHeader, neededParts } from '../backupmap/map-reader.js'
import { LustrebackupError } from '../errors/errors.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import type { SourceInit } from '../source/source-init-types.js'
import { appendToFile } from '../state/append-file.js'
import { makeEmpty, makeFolder } from '../state/durable.js'
import { fetchPlainFiles, type ListContext } from '../transfer/list-run.js'

export interface FetchContext extends Omit<ListContext, 'settings' | 'progress' | 'remount' | 'nprocs' | 'elapsedSeconds'> {
  readonly rsync: Omit<ListContext['settings'], 'remoteFolder' | 'localFolder'>
  readonly fsname: string
  readonly backup: NonNullable<SourceInit['backup']>
  /** Where the map is kept, and a folder for the lists of its files. */
  readonly mapFolder: string
  readonly listFolder: string
}

/**
 * The map of a backup, whole: what is here already is used if it is exactly what the source has, otherwise everything is made again, of what came with
 * the answer of the source, or fetched from there.
 */
export async function fetchMap(context: FetchContext): Promise<OpenMap> {
  const { backup, mapFolder } = context
  const known = await loadKnown(mapFolder, backup.map.headerDigest)
  if (known !== null) return { folder: mapFolder, header: known }
  makeEmpty(mapFolder)
  const { parts: offered, files } = backup.map
  for (const { name, text } of files) appendToFile(join(mapFolder, name), Buffer.from(text), { sync: false })
  if (files.length === 0) await fetchFiles([HEADER_FILE, ...offered], 'header.list', context)
  const header = await loadHeader(mapFolder, backup.map.headerDigest)
  assertAsked(header, context)
  const parts = neededParts(header)
  const missing = parts.map((part) => part.file).filter((file) => !offered.includes(file))
  if (missing.length > 0) await fetchFiles(missing, 'parts.list', context)
  await checkParts(mapFolder, parts)
  await context.sync()
  return { folder: mapFolder, header }
}

/** The header of a map that was fetched before, if all of it is still as it should be. */
async function loadKnown(folder: string, digest: string): Promise<MapHeader | null> {
  if (!existsSync(join(folder, HEADER_FILE))) return null
  try {
    const header = await loadHeader(folder, digest)
    await checkParts(folder, neededParts(header))
    return header
  } catch {
    return null
  }
}

function fetchFiles(names: readonly string[], listName: string, context: FetchContext): Promise<void> {
  makeFolder(context.listFolder)
  const settings = { ...context.rsync, remoteFolder: context.backup.map.path, localFolder: context.mapFolder }
  return fetchPlainFiles(names, join(context.listFolder, listName), { ...context, settings })
}

/** The header must be of the backup that the source spoke of. */
function assertAsked(header: MapHeader, { backup, fsname }: FetchContext): void {
  const wrong =
    header.snapshot.timestamp !== backup.timestamp ||
    header.snapshot.snapshotName !== backup.snapshotName ||
    header.fsname !== fsname ||
    header.dataPath !== backup.dataPath
  if (!wrong) return
  throw new LustrebackupError(
    'MAP_NOT_ASKED',
    `fetching the backupmap: it is of ${header.snapshot.snapshotName} of ${header.fsname}, and the source spoke of ${backup.snapshotName} of ${fsname}`,
    { hint: 'Make the map again on the source with lustrebackup_source_map, then run the backup again.' },
  )
}
