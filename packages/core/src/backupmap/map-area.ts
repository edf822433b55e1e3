import { relative } from 'node:path'
import type { Config } from '../config/config-types.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import type { LustreTree } from '../lustre/lustre-port.js'
import type { SourceBackup } from '../source/source-backup.js'
import { isBeneath, type PathBytes, parsePath } from '../types/path-bytes.js'
import type { Area } from './area.js'
import { LookupFailure } from './lookup-failure.js'
import { fidOfPath } from './snapshot-side.js'

/** What is backed up of the source file system, as configured. */
export function areaOf({ lustre }: Config, reachBytes: number): Area {
  const pathInMount = (path: string): PathBytes | null => {
    if (!isBeneath(Buffer.from(path), Buffer.from(lustre.dataMount))) return null
    return parsePath(Buffer.from(relative(lustre.dataMount, path)))
  }
  const dataPath = pathInMount(lustre.dataPath)
  if (dataPath === null) {
    throw new LustrebackupError('DATA_PATH_OUTSIDE', `data_path ${lustre.dataPath} is not beneath data_mount ${lustre.dataMount}`, {
      exitCode: EXIT.usage,
      hint: 'see [LUSTRE] data_path',
    })
  }
  return { dataPath, metaBasepath: pathInMount(lustre.metaBasepath), reachBytes }
}

/** FIDs of `data_path` and of `meta_basepath` in a mounted snapshot. */
export async function readRoots(tree: LustreTree, area: Area, snapshotName: string): Promise<SourceBackup['roots']> {
  const dataPath = await fidOfPath(tree, area.dataPath)
  const metaBasepath = area.metaBasepath === null ? null : await fidOfPath(tree, area.metaBasepath)
  if (dataPath === null) {
    throw new LustrebackupError('DATA_PATH_MISSING', `the snapshot ${snapshotName} has no data_path: /${area.dataPath.toString()}`, {
      hint: 'see [LUSTRE] data_path; a symlink in it cannot be followed',
    })
  }
  for (const found of [dataPath, metaBasepath]) {
    if (found instanceof LookupFailure)
      throw new LustrebackupError('LUSTRE_UNREADABLE', `looking up the roots in ${snapshotName}: ${found}`)
  }
  return { dataPath, metaBasepath } as SourceBackup['roots']
}
