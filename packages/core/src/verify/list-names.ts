import { packPaths, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { isTooLong, pathOutOfArea } from '../backupmap/area.js'
import { isBackedUp } from '../backupmap/expand-directories.js'
import { LookupFailure } from '../backupmap/lookup-failure.js'
import type { SnapshotSide } from '../backupmap/snapshot-side.js'
import { joinPath, type PathBytes, percentEncode } from '../types/path-bytes.js'
import { lookupFailed } from './resolve-objects.js'
import type { VerifyNames } from './verification-types.js'

const PIECE_NAMES = 4096

/** What is backed up of each directory (relative to `data_path`), sorted by the bytes of the names, in pieces. */
export async function listNames(side: SnapshotSide, directories: readonly PathBytes[]): Promise<VerifyNames[]> {
  if (directories.length === 0) return []
  const columns = await side.tree.readdir(packPaths(directories.map((path) => pathOutOfArea(side.area, path))))
  return directories.flatMap((path, row) => {
    const errno = columns.errno[row]!
    if (errno !== 0) throw lookupFailed([`${percentEncode(path)} (${new LookupFailure('readdir', errno)})`])
    const names = unpackPaths(columns.names, columns.entryStart[row]!, columns.entryStart[row + 1]!)
    return piecesOf(
      path,
      names.filter((name) => isVerified(side, joinPath(path, name))),
    )
  })
}

/** What is too long for any call is not backed up, and the backup says so each time. */
function isVerified({ area }: SnapshotSide, path: PathBytes): boolean {
  return isBackedUp(area, path) && !isTooLong(area, pathOutOfArea(area, path))
}

function piecesOf(path: PathBytes, names: readonly Buffer[]): VerifyNames[] {
  const pieces: VerifyNames[] = []
  let start = 0
  do {
    const end = Math.min(names.length, start + PIECE_NAMES)
    pieces.push({ path, names: names.slice(start, end), first: start === 0, last: end === names.length })
    start = end
  } while (start < names.length)
  return pieces
}
