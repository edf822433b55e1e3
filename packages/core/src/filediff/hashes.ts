import { addon } from './block-file.js'
import { type Checksum, DIGEST_BYTES } from './filediff-types.js'

/** Hashes one block after the other; not for two at a time. */
export interface Hasher {
  readonly digestBytes: number
  digest(block: Uint8Array): Uint8Array
}

/** What hashes is loaded for the checksum that is used: every thread opens one. */
export async function openHasher(checksum: Checksum): Promise<Hasher> {
  return { digestBytes: DIGEST_BYTES[checksum], digest: await DIGEST_OF[checksum]() }
}

type Digest = (block: Uint8Array) => Uint8Array

const XXH128_OF_NOTHING = Buffer.from('99aa06d3014798d86001c324468d497f', 'hex')

const DIGEST_OF: Readonly<Record<Checksum, () => Promise<Digest>>> = {
  xxh128: openXxh128,
  xxh64: openXxh64,
  sha256: () => openCrypto('sha256'),
  blake2b: () => openCrypto('blake2b512'),
}

async function openXxh128(): Promise<Digest> {
  const { xxh128Blocks } = addon()
  return (block) => (block.length === 0 ? XXH128_OF_NOTHING : xxh128Blocks(block, block.length))
}

async function openXxh64(): Promise<Digest> {
  const { default: openXxhash } = await import('xxhash-wasm')
  const { h64Raw } = await openXxhash()
  return (block) => {
    const digest = Buffer.alloc(8)
    digest.writeBigUInt64BE(h64Raw(block), 0)
    return digest
  }
}

async function openCrypto(algorithm: string): Promise<Digest> {
  const { createHash } = await import('node:crypto')
  return (block) => createHash(algorithm).update(block).digest()
}
