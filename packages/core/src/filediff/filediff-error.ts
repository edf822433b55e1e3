import { type ErrorDetails, LustrebackupError, reasonOf, systemErrorName } from '../errors/errors.js'

/** An error about one file: others are not touched by it. */
export class FilediffError extends LustrebackupError {
  override readonly name: string = 'FilediffError'
}

/** Why bytes could not be written: that there is no room is no matter of one file, `FILEDIFF_FULL`. */
export function writeFailure(what: string, error: unknown): FilediffError {
  const name = systemErrorName(error) ?? (error as { code?: string }).code
  const isFull = name === 'ENOSPC' || name === 'EDQUOT'
  return new FilediffError(isFull ? 'FILEDIFF_FULL' : 'FILEDIFF_WRITE', `${what}: ${reasonOf(error)}`, {
    cause: error,
    ...(isFull
      ? { hint: 'Make room on the target or raise its quota, then run the same command again: it continues with this file.' }
      : {}),
  })
}

/** The other side, or what lies between, does not keep to docs/formats/filediff.md. */
export function protocolError(what: string, details: ErrorDetails = {}): FilediffError {
  return new FilediffError('FILEDIFF_PROTOCOL', `the filediff stream is broken: ${what}`, {
    hint: 'Check that both sides run the same version, and that the login shell of the source prints nothing.',
    ...details,
  })
}
