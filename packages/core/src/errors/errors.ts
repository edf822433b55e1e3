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
  return error instanceof Error ? error.message : String(error)
}
