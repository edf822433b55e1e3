import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { errnoName } from '@lustrebackup/lustreapi/errno'
import { packPaths, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { reasonOf } from '../errors/errors.js'
import { statAt } from '../tree/native-tree.js'
import { isUnreachable } from '../tree/tree-port.js'
import { fail, ok, type Result } from '../types/result.js'
import type { FoundEntry } from './restore-types.js'

/** System calls of one batch that are under way at once. */
const IN_FLIGHT = 32
/** Unit of `st_blocks`. */
const BLOCK_BYTES = 512n

/** What a path beneath a root is; null where there is nothing, and in words why one cannot be looked at. */
export type Look = Result<FoundEntry | null, string>

export async function lookAt(api: Lustreapi, root: number, paths: readonly Buffer[]): Promise<Look[]> {
  if (paths.length === 0) return []
  const columns = await api.lstatBatch(root, packPaths(paths), { inFlight: IN_FLIGHT })
  return paths.map((path, index) => {
    const code = columns.errno[index] === 0 ? null : errnoName(columns.errno[index]!)
    if (code !== null) return isUnreachable(code) ? ok(null) : fail(`it cannot be looked at: ${code}`)
    const stat = statAt(columns, index)
    const entry = { stat, linkTarget: null, allocatedBytes: columns.blocks[index]! * BLOCK_BYTES }
    return stat.type === 'l' ? withTarget(api, root, path, entry) : ok(entry)
  })
}

/** Names in a folder; in words why they cannot be read. */
export async function namesIn(api: Lustreapi, root: number, path: Buffer): Promise<Result<Buffer[], string>> {
  const { errno, names } = await api.readdirBatch(root, packPaths([path]), { inFlight: 1 })
  if (errno[0] !== 0) return fail(`the folder cannot be listed: ${errnoName(errno[0]!)}`)
  return ok(unpackPaths(names))
}

function withTarget(api: Lustreapi, root: number, path: Buffer, entry: FoundEntry): Look {
  try {
    return ok({ ...entry, linkTarget: api.readlink(root, path) })
  } catch (error) {
    return fail(reasonOf(error))
  }
}
