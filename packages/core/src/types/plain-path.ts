import { isUtf8 } from 'node:buffer'
import { type PathBytes, parsePath, percentDecode } from './path-bytes.js'

const ESCAPE = /%[0-9A-Fa-f]{2}/g

/**
 * A path for people, on one line and free of anything that acts on a terminal: text as it is, with `%XX` for bytes that are not UTF-8, for control
 * characters and for the percent sign. `parsePlainPath` reads it back to the same bytes.
 */
export function plainPath(path: Buffer): string {
  if (isUtf8(path)) return path.toString('utf8').replace(UNPRINTABLE, percentOf)
  return Array.from(path, (byte) => (byte > 0x7e ? escaped(byte) : String.fromCharCode(byte).replace(UNPRINTABLE, percentOf))).join('')
}

/** Control characters of ASCII and of Latin-1, line ends of Unicode, marks that turn the direction of writing, and the percent sign. */
const UNPRINTABLE = /[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069%]/g

function percentOf(character: string): string {
  return Array.from(Buffer.from(character, 'utf8'), escaped).join('')
}

function escaped(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** The bytes that a person means by a word of a command line: `%XX` is a byte, everything else is itself. */
export function bytesOfPlain(text: string): Buffer {
  const parts: Buffer[] = []
  let start = 0
  for (const { 0: word, index } of text.matchAll(ESCAPE)) {
    parts.push(Buffer.from(text.slice(start, index), 'utf8'), percentDecode(word)!)
    start = index + word.length
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(start), 'utf8')])
}

/** A path beneath a root as a person writes it: slashes in front and behind, doubled ones, and `.` change nothing. null when it cannot be one. */
export function parsePlainPath(text: string): PathBytes | null {
  const bytes = bytesOfPlain(text).toString('latin1')
  const names = bytes.split('/').filter((name) => name !== '' && name !== '.')
  return parsePath(Buffer.from(names.join('/'), 'latin1'))
}
