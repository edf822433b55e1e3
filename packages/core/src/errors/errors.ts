import { errnoName, errnoText } from '@lustrebackup/lustreapi/errno'

/**
 * Exit codes of every command: what a cron job or a monitoring system may rely on.
 * 130 and 143 follow from SIGINT and SIGTERM and are not listed here.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  locked: 3,
  differences: 4,
  fullMapNeeded: 5,
  incomplete: 6,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface ErrorDetails {
  readonly exitCode?: ExitCode
  /** What the person who reads the message can do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Something the operator can act on. The message says what was being done, on what, and why it failed. */
export class LustrebackupError extends Error {
  override readonly name: string = 'LustrebackupError'
  readonly exitCode: ExitCode
  readonly hint: string | null

  /** `code` is stable and greppable, such as `MAP_DIGEST_MISMATCH`. */
  constructor(
    readonly code: string,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.exitCode = details.exitCode ?? EXIT.failed
    this.hint = details.hint ?? null
  }
}

/** The innermost reason in words: of a system error its message, of anything else its text. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!('errno' in error)) return error.message
  const errno = Math.abs(Number(error.errno))
  return error.message.replace(UNKNOWN, () => `${errnoName(errno)}: ${errnoText(errno)}`)
}

/** Node does not know all errors of the system, that of a quota among them. */
const UNKNOWN = /^(UNKNOWN: unknown error|Unknown system error -\d+: Unknown system error -\d+)/

/** The name of a failed system call's errno, such as `ENOSPC`; null for any other error. */
export function systemErrorName(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error) || !('errno' in error)) return null
  return errnoName(Math.abs(Number(error.errno)))
}
