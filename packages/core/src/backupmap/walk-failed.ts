import { LustrebackupError } from '../errors/errors.js'
import { jsonFromPath } from '../types/path-bytes.js'
import type { WalkFailure } from './expand-directories.js'

const NAMED = 10

/** A map that lacks something in silence would be worse than none. */
export function mapIncomplete(count: number, what: string, named: readonly string[]): LustrebackupError {
  return new LustrebackupError(
    'MAP_INCOMPLETE',
    `making the backupmap: ${count} ${what} could not be looked up: ${named.slice(0, NAMED).join('; ')}`,
    {
      hint: 'No map was made. See the log and the state of the Lustre servers, then run lustrebackup_source_map again.',
    },
  )
}

export function walkFailed(failures: readonly WalkFailure[]): LustrebackupError {
  const named = failures.slice(0, NAMED).map(({ path, reason }) => `${JSON.stringify(jsonFromPath(Buffer.from(path)))} (${reason})`)
  return mapIncomplete(failures.length, 'entries', named)
}
