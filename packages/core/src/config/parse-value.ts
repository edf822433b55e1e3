import { posix } from 'node:path'
import { fail, ok, type Result } from '../types/result.js'

/** Text of a value to its type; the error says what is allowed. */
export type ValueParser<T> = (text: string) => Result<T, string>

const UNITS: Readonly<Record<string, bigint>> = { '': 1n, K: 1n << 10n, M: 1n << 20n, G: 1n << 30n, T: 1n << 40n, P: 1n << 50n }
const MAX_SIZE = 2n ** 63n - 1n

/** Bytes: `1073741824`, `64M`, `1G`, `1T`. */
export const sizeBytes: ValueParser<bigint> = (text) => {
  const match = /^([0-9]{1,19})\s*([KMGTP]?)(?:i?B)?$/i.exec(text)
  const bytes = match === null ? 0n : BigInt(match[1]!) * UNITS[match[2]!.toUpperCase()]!
  return bytes > 0n && bytes <= MAX_SIZE ? ok(bytes) : fail('must be a number of bytes above 0, or one such as 64M, 1G, 1T')
}

export function wholeNumber(min: number, max: number): ValueParser<number> {
  return (text) => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? ok(value) : fail(`must be a whole number from ${min} to ${max}`)
  }
}

export function decimalNumber(min: number, max: number): ValueParser<number> {
  return (text) => {
    const value = /^[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? ok(value) : fail(`must be a number from ${min} to ${max}`)
  }
}

export function choice<const T extends string>(...allowed: readonly T[]): ValueParser<T> {
  return (text) => {
    const found = allowed.find((word) => word === text)
    return found === undefined ? fail(`must be one of ${allowed.join(', ')}`) : ok(found)
  }
}

/** A text that matches `pattern`; `allowed` describes it. */
export function matching(pattern: RegExp, allowed: string): ValueParser<string> {
  return (text) => (pattern.test(text) ? ok(text) : fail(`must be ${allowed}`))
}

/** Words separated by `separator`, each read by `parse`; empty gives none. */
export function listOf<T>(separator: string, parse: ValueParser<T>): ValueParser<readonly T[]> {
  return (text) => {
    const values: T[] = []
    for (const word of text === '' ? [] : text.split(separator)) {
      const value = parse(word.trim())
      if (!value.ok) return fail(`${value.error}${text.includes(separator) ? ` (in the list: "${word.trim()}")` : ''}`)
      values.push(value.value)
    }
    return ok(values)
  }
}

/** Absolute, without `.`, `..`, doubled and trailing slashes in the result. */
export const absolutePath: ValueParser<string> = (text) =>
  text.startsWith('/') && !/[\0-\x1f\x7f]/.test(text) ? ok(withoutEndSlash(posix.normalize(text))) : fail('must be an absolute path')

/** An absolute path that is one plain word to every program on the other host. */
export const plainAbsolutePath: ValueParser<string> = (text) =>
  /^\/[A-Za-z0-9_./+=:,@%-]*$/.test(text)
    ? ok(withoutEndSlash(posix.normalize(text)))
    : fail('must be an absolute path of letters, digits and _ . / + = : , @ % -')

/** Absolute, or relative to `folder`; empty means `folder`. */
export function pathBelow(folder: string): ValueParser<string> {
  return (text) => {
    if (/[\0-\x1f\x7f]/.test(text)) return fail('must not hold control characters')
    const path = withoutEndSlash(posix.resolve(folder === '' ? '/' : folder, text))
    return folder === '' || isInside(path, folder) ? ok(path) : fail(`must be data_mount (${folder}) or lie beneath it`)
  }
}

/** Whether `path` is `folder` or lies beneath it; both absolute and normal. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
