import { EXIT, LustrebackupError, reasonOf } from './errors.js'
import { printable } from './printable.js'
import { systemFailure } from './system-failure.js'

/** What to tell a person about an error, and how the command ends. */
export interface ErrorReport {
  /** Lines for stderr, without line ends. */
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** Longest chain of causes that is told. */
const MAX_CAUSES = 8

/**
 * Message, causes that say more than the message already does, and the hint. Anything but a `LustrebackupError` or a failing system was
 * planned by nobody and is told as a bug. The stack is shown with `debug` only.
 */
export function reportError(thrown: unknown, command: string, debug = false): ErrorReport {
  const error = thrown instanceof LustrebackupError ? thrown : (systemFailure(thrown) ?? thrown)
  const known = error instanceof LustrebackupError
  const headline = known ? reasonOf(error) : `this is a bug in lustrebackup, please report it: ${bugInWords(error)}`
  const lines = [`${command}: ${headline}`, ...causesOf(error, headline)]
  if (known && error.hint !== null) lines.push(`  what to do: ${error.hint}`)
  if (!known && !debug) lines.push('  what to do: run it again with "loglevel = debug" or --verbose, which shows where it happened')
  if (debug && error instanceof Error && error.stack !== undefined) lines.push(error.stack)
  return { lines: lines.flatMap((line) => line.split('\n')).map(printable), exitCode: known ? error.exitCode : EXIT.failed }
}

function bugInWords(error: unknown): string {
  return error instanceof Error && error.name !== 'Error' ? `${error.name}: ${error.message}` : reasonOf(error)
}

function causesOf(error: unknown, headline: string): string[] {
  const lines: string[] = []
  let told = headline
  let cause = error instanceof Error ? error.cause : undefined
  for (let depth = 0; cause !== undefined && cause !== null && depth < MAX_CAUSES; depth += 1) {
    const reason = reasonOf(cause)
    if (reason !== '' && !told.includes(reason)) lines.push(`  because: ${reason}`)
    told += reason
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return lines
}
