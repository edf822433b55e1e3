import { LustrebackupError } from '../errors/errors.js'
import type { RemoteWord } from './remote-port.js'

/** One word to any shell, and changed by none. */
const PLAIN_WORD = /^[A-Za-z0-9_./+=:,@%-]+$/
/** Quotes inside would have to survive every shell between here and there, some of which quote again; control characters break lines. */
const QUOTABLE_TEXT = /^[^\0-\x1f\x7f-\x9f'"`$\\\p{Cs}]*$/u

/** Whether free text may be sent as a `quoted` word: no quotes, backslashes, dollar signs and control characters. */
export function isQuotable(text: string): boolean {
  return QUOTABLE_TEXT.test(text)
}

/** The one command line that the other host's login shell, or its forced command, gets. */
export function joinWords(words: readonly RemoteWord[]): string {
  return words.map(shellWord).join(' ')
}

function shellWord(word: RemoteWord): string {
  if (typeof word === 'string' && PLAIN_WORD.test(word)) return word
  if (typeof word !== 'string' && isQuotable(word.quoted)) return `'${word.quoted}'`
  const text = JSON.stringify(typeof word === 'string' ? word : word.quoted)
  throw new LustrebackupError('SSH_UNSAFE_WORD', `the word ${text} cannot be sent to another host: a shell there could change it`)
}
