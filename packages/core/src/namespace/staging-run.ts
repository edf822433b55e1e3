import { mkdirSync, rmdirSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { EXIT, LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import type { Tree } from '../tree/tree-port.js'
import { percentEncode } from '../types/path-bytes.js'

const ROOT = Buffer.alloc(0)

/** Opens the staging folder, which is made where it is missing, and makes sure that entries can be renamed into it. Nothing of `data` is changed. */
export async function openStaging(folder: string, data: Tree, openTree: (path: string) => Tree): Promise<Tree> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  crashPoint('staging.made')
  const staging = openTree(folder)
  const [ours, theirs] = await Promise.all([staging.lstat([ROOT]), data.lstat([ROOT])])
  if (ours[0]!.dev === theirs[0]!.dev) return staging
  staging.close()
  throw new LustrebackupError('STAGING_OTHER_FILE_SYSTEM', `${folder} is not on the same file system as ${data.path}`, {
    exitCode: EXIT.usage,
    hint: 'Set [LUSTRE] meta_basepath on the target to a folder beside data_path, on the same file system. Nothing was changed.',
  })
}

/** Removes the staging folder after *in*. Anything left in it has no place in S1, which a whole map rules out. */
export async function closeStaging(staging: Tree): Promise<void> {
  const [left] = await staging.readdir([ROOT])
  staging.close()
  if (left && left.length > 0) {
    const names = left.slice(0, 5).map((entry) => percentEncode(entry.name))
    throw new LustrebackupError(
      'STAGING_NOT_EMPTY',
      `${left.length} entries were set aside in ${staging.path} and have no place: ${names}`,
      {
        exitCode: EXIT.fullMapNeeded,
        hint: `The map contradicts itself; the entries are kept. ${FULL_MAP_HINT}`,
      },
    )
  }
  rmdirSync(staging.path)
  crashPoint('staging.removed')
}
