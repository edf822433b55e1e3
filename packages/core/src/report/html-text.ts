import { plainPath } from '../types/plain-path.js'

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as HTML and as the value of an attribute: nothing in it is markup. Characters that no document may hold become a question mark. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]/gu, '?').replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}

/** A path below the root of the backup for people; the root itself is a dot. */
export function shownPath(path: Buffer): string {
  return path.length === 0 ? '.' : plainPath(path)
}

/** Text of at most `length` characters; what is too much is left out in the middle. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text)
  if (characters.length <= length) return text
  const head = Math.ceil((length - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (length - 1 - head)).join('')}`
}
