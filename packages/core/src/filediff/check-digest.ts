import { protocolError } from './filediff-error.js'
import type { Hasher } from './hashes.js'

/** Throws when a block is not what was announced. */
export function checkDigest(block: Uint8Array, digest: Uint8Array, hasher: Hasher): void {
  const own = hasher.digest(block)
  if (equalBytes(own, digest, 0, own.length)) return
  throw protocolError('a block has another digest than was announced with it', { hint: 'Check the memory and the network of both hosts.' })
}

export function equalBytes(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (a[at] !== b[at]) return false
  return true
}
