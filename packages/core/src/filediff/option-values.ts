import { InvalidArgumentError } from 'commander'
import { percentDecode } from '../types/path-bytes.js'
import { splitPlainWords } from '../types/plain-words.js'
import { BLOCK_SIZE_MAX, BLOCK_SIZE_MIN, HEADER_SIZE_MAX, HEADER_SIZE_MIN, PAGE_BYTES } from './filediff-types.js'

/** Parsers for the options of both filediff commands. */

export function blockSize(text: string): number {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (value < BLOCK_SIZE_MIN || value > BLOCK_SIZE_MAX || value % PAGE_BYTES !== 0) {
    throw new InvalidArgumentError(`It must be a multiple of ${PAGE_BYTES} from ${BLOCK_SIZE_MIN} to ${BLOCK_SIZE_MAX}.`)
  }
  return value
}

export function headerSize(text: string): number {
  const value = /^[0-9]{1,7}$/.test(text) ? Number(text) : 0
  if (value < HEADER_SIZE_MIN || value > HEADER_SIZE_MAX) {
    throw new InvalidArgumentError(`It must be a number of bytes from ${HEADER_SIZE_MIN} to ${HEADER_SIZE_MAX}.`)
  }
  return value
}

export function percentPath(text: string): Buffer {
  const path = percentDecode(text)
  if (path === null || path[0] !== 0x2f || path.includes(0)) throw new InvalidArgumentError('It must be an absolute path, percent-encoded.')
  return path
}

/** Options of ssh, separated by blanks; for one that holds blanks there is the ssh configuration. */
export function sshOptions(text: string): string[] {
  const words = splitPlainWords(text)
  if (words !== null) return words
  throw new InvalidArgumentError('It must be plain words, separated by blanks.')
}
