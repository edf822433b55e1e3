import { isUtf8 } from 'node:buffer'
import type { Brand } from './brand.js'

/** A path as Linux has it: any bytes but NUL. Relative to a root, without leading or trailing slash; empty means the root itself. */
export type PathBytes = Brand<Buffer, 'PathBytes'>

/** Longest path and longest name that Linux takes, in bytes. */
export const PATH_MAX = 4096
export const NAME_MAX = 255

/** A path in JSON: text where the bytes are valid UTF-8, otherwise percent-encoded, which no text can be taken for. */
export type JsonPath = string | { readonly percent: string }

const SLASH = 0x2f
const QUOTE = 0x22
const BACKSLASH = 0x5c

export function jsonFromPath(path: Buffer): JsonPath {
  return isUtf8(path) ? path.toString('utf8') : { percent: percentEncode(path) }
}

/** `jsonFromPath` as JSON text, of `bytes` from `start` up to `end`. */
export function jsonTextOfPath(bytes: Buffer, start = 0, end = bytes.length): string {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]!
    // Printable ASCII, which most names are, stands for itself.
    if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) return JSON.stringify(jsonFromPath(bytes.subarray(start, end)))
  }
  return `"${bytes.toString('latin1', start, end)}"`
}

/** The bytes of a path in JSON, checked by `parsePath`; null when it is none. */
export function pathFromJson(value: unknown): PathBytes | null {
  if (typeof value === 'string') return parsePath(Buffer.from(value, 'utf8'))
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return null
  const encoded = (value as { percent?: unknown }).percent
  if (typeof encoded !== 'string') return null
  const decoded = percentDecode(encoded)
  return decoded === null ? null : parsePath(decoded)
}

/** Brands bytes as a path; null for anything that could leave its root or that no file system would have made. */
export function parsePath(bytes: Buffer): PathBytes | null {
  if (bytes.length === 0) return bytes as PathBytes
  if (bytes.length >= PATH_MAX) return null
  let start = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === 0) return null
    if (byte !== SLASH) continue
    if (!isPlainName(bytes, start, at)) return null
    start = at + 1
  }
  return isPlainName(bytes, start, bytes.length) ? (bytes as PathBytes) : null
}

/** Whether the bytes, of which none is a slash or NUL, can be the name of an entry. */
export function isPlainName(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (length === 0 || length > NAME_MAX) return false
  const dots = bytes[start] === 0x2e && (length === 1 || (length === 2 && bytes[start + 1] === 0x2e))
  return !dots
}

/** Number of components; the root has 0. */
export function pathDepth(path: Buffer): number {
  if (path.length === 0) return 0
  let depth = 1
  for (const byte of path) if (byte === SLASH) depth += 1
  return depth
}

export function dirnameOf(path: Buffer): PathBytes {
  const slash = path.lastIndexOf(SLASH)
  return path.subarray(0, Math.max(slash, 0)) as PathBytes
}

export function basenameOf(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(SLASH) + 1)
}

export function joinPath(parent: Buffer, name: Buffer): PathBytes {
  return (parent.length === 0 ? name : Buffer.concat([parent, Buffer.of(SLASH), name])) as PathBytes
}

/** Whether `path` is `folder` or lies beneath it. */
export function isBeneath(path: Buffer, folder: Buffer): boolean {
  if (folder.length === 0) return true
  if (path.length < folder.length || path.compare(folder, 0, folder.length, 0, folder.length) !== 0) return false
  return path.length === folder.length || path[folder.length] === SLASH
}

/** Percent-encodes all but `[A-Za-z0-9_./+=:,@-]`: the result is one word to any shell, and in any log. */
export function percentEncode(bytes: Buffer): string {
  return Array.from(bytes, (byte) => PERCENT_ENCODED[byte]).join('')
}

const PERCENT_ENCODED = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[A-Za-z0-9_./+=:,@-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** The bytes of a percent-encoded text; null when an escape is broken or a character is outside printable ASCII. */
export function percentDecode(text: string): Buffer | null {
  if (!/^(?:[!-$&-~]|%[0-9A-Fa-f]{2})*$/.test(text)) return null
  const bytes: number[] = []
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '%') {
      bytes.push(Number.parseInt(text.slice(index + 1, index + 3), 16))
      index += 2
    } else bytes.push(text.charCodeAt(index))
  }
  return Buffer.from(bytes)
}
