import { LustrebackupError, reasonOf } from '../errors/errors.js'

/** A failed system call, or what was found wrong: anything else is a bug, or ends the run. */
export function isEntryFailure(error: unknown): boolean {
  return error instanceof LustrebackupError ? error.code.startsWith('RESTORE_') : error instanceof Error && error.name === 'ErrnoError'
}

const CODES: Readonly<Record<string, string>> = {
  EEXIST: 'something appeared at its place meanwhile',
  ELOOP: 'a symlink is in the way; nothing is restored through it',
  EXDEV: 'another file system, or another project, begins here: restore into this folder by itself',
  ENOTSUP: 'the file system that is restored into does not keep one of its attributes',
  EOPNOTSUPP: 'the file system that is restored into does not keep one of its attributes',
}

export function failureInWords(error: unknown): string {
  const words = CODES[(error as { code?: string }).code ?? '']
  return words === undefined ? reasonOf(error) : `${words} (${reasonOf(error)})`
}
