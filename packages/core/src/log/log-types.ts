/** Data of a log line. Names and paths of users belong here, never into the message. bigint is written as a decimal number in text. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Where a run says what it does. The message is constant, the data are fields.
 * Everything from the configured level up goes to the log file; warnings and errors also go to stderr, with `--verbose` everything does.
 * Never throws: what cannot be logged must not stop a backup.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warning(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same log with these fields in every line. */
  with(fields: LogFields): Log
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** In order of importance. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']
