import { randomBytes } from 'node:crypto'
import { xxhash128 } from 'hash-wasm'
import { expect, it } from 'vitest'
import { CHECKSUMS, DIGEST_BYTES } from './filediff-types.js'
import { openHasher } from './hashes.js'

// Values of the reference programs xxhsum, sha256sum and b2sum.
const KNOWN = [
  ['xxh128', '', '99aa06d3014798d86001c324468d497f'],
  ['xxh128', 'lustre', '238de9454dfa741881896f262bfcee88'],
  ['xxh64', '', 'ef46db3751d8e999'],
  ['xxh64', 'lustre', '05fd51f85e686296'],
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'blake2b',
    'abc',
    'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  ],
] as const

it.each(KNOWN)('%s of %j', async (checksum, text, digest) => {
  const hasher = await openHasher(checksum)
  expect(Buffer.from(hasher.digest(Buffer.from(text))).toString('hex')).toBe(digest)
})

it('xxh128 of the addon is that of another implementation, whatever the length', async () => {
  const hasher = await openHasher('xxh128')
  const bytes = randomBytes(300_000)
  const short = Array.from({ length: 260 }, (_, length) => length)
  for (const length of [...short, 1023, 1024, 1025, 1088, 2048, 4096, 65_535, 262_144, 299_999]) {
    const block = bytes.subarray(7, 7 + length)
    expect([length, Buffer.from(hasher.digest(block)).toString('hex')]).toEqual([length, await xxhash128(block)])
  }
})

it.each(CHECKSUMS)('%s of shared memory is that of a copy, and of a block does not depend on the one before', async (checksum) => {
  const hasher = await openHasher(checksum)
  const shared = Buffer.from(new SharedArrayBuffer(100_000), 17, 90_000).fill('block')
  const first = Buffer.from(hasher.digest(shared))
  hasher.digest(Buffer.from('another'))
  expect(first.length).toBe(DIGEST_BYTES[checksum])
  expect(Buffer.from(hasher.digest(Buffer.from(shared))).equals(first)).toBe(true)
})
