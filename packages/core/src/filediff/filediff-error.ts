import { type ErrorDetails, LustrebackupError } from '../errors/errors.js'

/** An error about one file: others are not touched by it. */
export class FilediffError extends LustrebackupError {
  override readonly name: string = 'FilediffError'
}

/** The other side, or what lies between, does not keep to docs/formats/filediff.md. */
export function protocolError(what: string, details: ErrorDetails = {}): FilediffError {
  return new FilediffError('FILEDIFF_PROTOCOL', `the filediff stream is broken: ${what}`, {
    hint: 'Check that both sides run the same version, and that the login shell of the source prints nothing.',
    ...details,
  })
}
