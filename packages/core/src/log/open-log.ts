import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../errors/errors.js'
import { bigintAsText, humanLine } from './human-lines.js'
import { LOG_LEVELS, type Log, type LogFields, type LogLevel } from './log-types.js'

export interface LogSettings {
  readonly logdir: string
  readonly logfile: string
  readonly loglevel: LogLevel
  /** Name of the command, in every line. */
  readonly command: string
  /** Everything goes to stderr too. */
  readonly verbose: boolean
  /** No log file is written. */
  readonly disabled?: boolean
  readonly writeStderr: (line: string) => void
}

export interface OpenedLog {
  readonly log: Log
  /** The same without stderr: for what the person is told otherwise. */
  readonly logFile: Log
}

/** Writes one JSON line; never throws. */
type Sink = (level: LogLevel, message: string, fields: LogFields) => void

/**
 * The log of one command: JSON lines in `logdir/logfile` (mode 0600, a missing folder is made with 0700), and lines for people on stderr.
 * A log file that cannot be opened is said once on stderr and is otherwise done without.
 */
export async function openLog(settings: LogSettings): Promise<OpenedLog> {
  const toFile = await openSink(settings)
  const stderrLevel = settings.verbose ? 0 : LOG_LEVELS.indexOf('warning')
  const write: Sink = (level, message, fields) => {
    toFile(level, message, fields)
    if (LOG_LEVELS.indexOf(level) >= stderrLevel) settings.writeStderr(humanLine(settings.command, level, message, fields))
  }
  return { log: logWith(write, {}), logFile: logWith(toFile, {}) }
}

function logWith(write: Sink, common: LogFields): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      write(level, message, { ...common, ...fields })
  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    with: (fields) => logWith(write, { ...common, ...fields }),
  }
}

async function openSink(settings: LogSettings): Promise<Sink> {
  if (settings.disabled === true) return () => undefined
  const path = join(settings.logdir, settings.logfile)
  const descriptor = openLogFile(settings.logdir, path)
  if (typeof descriptor !== 'number') {
    settings.writeStderr(`${settings.command}: warning: no log is written: cannot open ${path}: ${descriptor.reason}`)
    return () => undefined
  }
  // The default export is the same from the package and from a bundle.
  const { default: pino } = await import('pino')
  const destination = pino.destination({ fd: descriptor, sync: true })
  // A full disk must not end a backup: pino would throw it at whoever logs next.
  destination.on('error', () => undefined)
  const logger = pino(
    {
      level: settings.loglevel,
      customLevels: { debug: 20, info: 30, warning: 40, error: 50 },
      useOnlyCustomLevels: true,
      base: { command: settings.command, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return (level, message, fields) => {
    try {
      logger[level](plainFields(fields), message)
    } catch (error) {
      settings.writeStderr(`${settings.command}: warning: cannot write the log: ${reasonOf(error)}`)
    }
  }
}

function plainFields(fields: LogFields): object {
  const plain = Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? errorFields(value) : value])
  return JSON.parse(JSON.stringify(Object.fromEntries(plain), bigintAsText)) as object
}

function errorFields(error: Error): object {
  return { name: error.name, message: error.message, ...('code' in error ? { code: error.code } : {}), stack: error.stack }
}

function openLogFile(logdir: string, path: string): number | { readonly reason: string } {
  let descriptor: number | null = null
  try {
    if (mkdirSync(logdir, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(logdir, 0o700)
    // Never through a symlink that somebody else planted in a writable log folder.
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
    descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
    fchmodSync(descriptor, 0o600)
    return descriptor
  } catch (error) {
    if (descriptor !== null) closeSync(descriptor)
    return { reason: reasonOf(error) }
  }
}
