import { LustrebackupError, reasonOf } from '../errors/errors.js'

/** Why something of the state could not be written, by its name. */
export function unwritable(path: string, error: unknown): LustrebackupError {
  return new LustrebackupError('STATE_UNWRITABLE', `cannot write ${path}: ${reasonOf(error)}`, {
    hint: 'Check that the file system of [LUSTRE] meta_basepath is mounted, not read-only and not full, and that no quota is exceeded; then run the same command again.',
    cause: error,
  })
}

/** Does what writes to the state; what fails there is `unwritable`. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw unwritable(path, error)
  }
}
