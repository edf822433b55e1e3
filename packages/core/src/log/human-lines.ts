import { printable } from '../errors/printable.js'
import type { LogFields, LogLevel } from './log-types.js'

/** A log line as a person on a terminal reads it: `COMMAND: warning: message (name=value …)`. */
export function humanLine(command: string, level: LogLevel, message: string, fields: LogFields): string {
  const prefix = level === 'info' || level === 'debug' ? '' : `${level}: `
  const data = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`)
  return printable(`${command}: ${prefix}${message}${data.length === 0 ? '' : ` (${data.join(' ')})`}`)
}

/** Values in one line, quoted where they are not plain words, without anything that acts on a terminal. */
export function fieldText(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+=,%[\]-]+$/.test(value) ? value : JSON.stringify(value)
  if (value instanceof Error) return JSON.stringify(value.message)
  if (Buffer.isBuffer(value)) return JSON.stringify(value.toString('latin1'))
  return (JSON.stringify(value, bigintAsText) ?? 'none').replace(/^"|"$/g, '')
}

/** For `JSON.stringify`, which knows no bigint. */
export function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
