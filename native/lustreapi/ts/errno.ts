import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { showPath } from './path-list.js'

/** Numbers that Lustre answers with and that node's own table lacks. */
const EXTRA: readonly (readonly [number, string, string])[] = [
  [61, 'ENODATA', 'no data available'],
  [108, 'ESHUTDOWN', 'the server has been shut down or has evicted this client'],
  [116, 'ESTALE', 'stale file handle'],
  [117, 'EUCLEAN', 'structure needs cleaning'],
  [121, 'EREMOTEIO', 'remote I/O error'],
  [122, 'EDQUOT', 'disk quota exceeded'],
  [524, 'ENOTSUPP', 'operation is not supported'],
]

const names = new Map<number, string>()
for (const [name, errno] of Object.entries(constants.errno)) if (!names.has(errno)) names.set(errno, name)
for (const [errno, name] of EXTRA) names.set(errno, name)

const texts = new Map<number, string>()
for (const [negative, [, text]] of getSystemErrorMap()) texts.set(-negative, text)
for (const [errno, , text] of EXTRA) texts.set(errno, text)

/** The name of an errno, `ENOENT` for 2; `errno 999` for one that nobody knows. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`
}

/** What an errno means, in a few words. */
export function errnoText(errno: number): string {
  return texts.get(errno) ?? 'unknown error'
}

export const ENOENT = constants.errno.ENOENT
export const EEXIST = constants.errno.EEXIST
export const EINVAL = constants.errno.EINVAL
export const EXDEV = constants.errno.EXDEV
export const ELOOP = constants.errno.ELOOP
export const ENOTEMPTY = constants.errno.ENOTEMPTY
export const ENOTDIR = constants.errno.ENOTDIR
export const EISDIR = constants.errno.EISDIR
export const ECANCELED = constants.errno.ECANCELED
export const ENODATA = 61

/** What was being done when a call failed. */
export interface FailedCall {
  /** Positive. */
  readonly errno: number
  readonly syscall: string
  readonly path?: Uint8Array | null
  /** The second path of a rename or link. */
  readonly dest?: Uint8Array | null
  /** More than the errno says. */
  readonly detail?: string
}

/** A failed system call or call of liblustreapi. `errno` is positive, as Lustre's own headers have it. */
export class ErrnoError extends Error {
  override readonly name = 'ErrnoError'
  readonly errno: number
  readonly code: string
  readonly syscall: string
  readonly path: Buffer | null
  readonly dest: Buffer | null

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(describe(call), options)
    this.errno = call.errno
    this.code = errnoName(call.errno)
    this.syscall = call.syscall
    this.path = call.path ? Buffer.from(call.path) : null
    this.dest = call.dest ? Buffer.from(call.dest) : null
  }
}

function describe(call: FailedCall): string {
  const path = call.path ? ` ${showPath(call.path)}` : ''
  const dest = call.dest ? ` -> ${showPath(call.dest)}` : ''
  const detail = call.detail ? `: ${call.detail}` : ''
  return `${call.syscall}${path}${dest}: ${errnoName(call.errno)}: ${errnoText(call.errno)}${detail}`
}
