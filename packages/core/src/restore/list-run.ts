import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { LustrebackupError } from '../errors/errors.js'
import { basenameOf, joinPath, type PathBytes } from '../types/path-bytes.js'
import { plainPath } from '../types/plain-path.js'
import { lookAt, namesIn } from './look-run.js'
import type { FoundEntry, RestoreFailure } from './restore-types.js'

export interface Listing {
  /** Sorted by name; a folder by what is in it, anything else as itself. */
  readonly entries: readonly { readonly name: Buffer; readonly path: Buffer; readonly entry: FoundEntry }[]
  readonly failures: readonly RestoreFailure[]
}

/** What a folder of a backup holds. */
export async function runList(api: Lustreapi, root: number, path: PathBytes, backup: string): Promise<Listing> {
  const [self] = await lookAt(api, root, [path])
  if (self === undefined || !self.ok) throw unreadable(path, backup, self?.error ?? '')
  if (self.value === null) throw notInBackup([path], backup)
  if (self.value.stat.type !== 'd') return { entries: [{ name: basenameOf(path), path, entry: self.value }], failures: [] }
  const names = await namesIn(api, root, path)
  if (!names.ok) throw unreadable(path, backup, names.error)
  const sorted = names.value.toSorted(Buffer.compare)
  const paths = sorted.map((name) => joinPath(path, name))
  const looks = await lookAt(api, root, paths)
  return {
    entries: looks.flatMap((look, index) =>
      look.ok && look.value !== null ? [{ name: sorted[index]!, path: paths[index]!, entry: look.value }] : [],
    ),
    failures: looks.flatMap((look, index) => (look.ok ? [] : [{ path: paths[index]!, reason: look.error }])),
  }
}

/** Fails unless the backup has every path: a person who mistypes one does not want the others. */
export async function assertInBackup(api: Lustreapi, root: number, paths: readonly PathBytes[], backup: string): Promise<void> {
  const looks = await lookAt(api, root, paths)
  const missing = paths.filter((_, index) => looks[index]!.ok && (looks[index] as { value: FoundEntry | null }).value === null)
  if (missing.length > 0) throw notInBackup(missing, backup)
}

function notInBackup(paths: readonly Buffer[], backup: string): LustrebackupError {
  return new LustrebackupError('NOT_IN_BACKUP', `${backup} does not have ${paths.map(plainPath).join(', ')}`, {
    hint: 'Paths are relative to the root of the backup. --list shows what it holds, --versions PATH which backup has it. Bytes that are not UTF-8, control characters and percent signs are written %XX.',
  })
}

function unreadable(path: Buffer, backup: string, reason: string): LustrebackupError {
  return new LustrebackupError('BACKUP_UNREADABLE', `listing ${plainPath(path)} of ${backup}: ${reason}`)
}
