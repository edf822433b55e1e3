import { LustrebackupError, reasonOf, systemErrorName } from './errors.js'

const AGAIN = 'then run the same command again: it continues where it stopped.'

/** Failures of the system that a person can do something about, and what. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', `Make room on the file system, ${AGAIN}`],
  ['EDQUOT', `Raise the quota on the file system, ${AGAIN}`],
  ['EROFS', `The file system is read-only, or an error made it so: look at the kernel log, ${AGAIN}`],
  ['EIO', `Look at the kernel log for a failing disk or server, ${AGAIN}`],
  ['EACCES', `Run as root, on a file system that root may change, ${AGAIN}`],
  ['EPERM', `Run as root, on a file system that root may change, ${AGAIN}`],
  ['ESTALE', `Look whether the file system is still mounted, ${AGAIN}`],
  ['ENOTCONN', `Look whether the file system is still mounted, ${AGAIN}`],
  ['ESHUTDOWN', `Look whether the servers of the file system are there, ${AGAIN}`],
  ['EMFILE', `Raise the number of open files (ulimit -n), ${AGAIN}`],
])

/** What a failed system call means for a person that nobody foresaw at its place; null for any other error. */
export function systemFailure(error: unknown): LustrebackupError | null {
  const name = systemErrorName(error)
  const hint = name === null ? undefined : ADVICE.get(name)
  return hint === undefined ? null : new LustrebackupError(`SYSTEM_${name}`, reasonOf(error), { hint, cause: error })
}
