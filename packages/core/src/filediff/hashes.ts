import { createHash } from 'node:crypto'
import { XXH128_LENGTH_MIN } from '@lustrebackup/lustreapi/binding'
import { createXXHash128 } from 'hash-wasm'
import openXxhash from 'xxhash-wasm'
import { addon } from './block-file.js'
import { type Checksum, DIGEST_BYTES } from './filediff-types.js'

/** Hashes one block after the other; not for two at a time. */
export interface Hasher {
  readonly digestBytes: number
  digest(block: Uint8Array): Uint8Array
}

export async function openHasher(checksum: Checksum): Promise<Hasher> {
  return { digestBytes: DIGEST_BYTES[checksum], digest: await DIGEST_OF[checksum]() }
}

type Digest = (block: Uint8Array) => Uint8Array

const DIGEST_OF: Readonly<Record<Checksum, () => Promise<Digest>>> = {
  xxh128: openXxh128,
  xxh64: openXxh64,
  sha256: async () => (block) => createHash('sha256').update(block).digest(),
  blake2b: async () => (block) => createHash('blake2b512').update(block).digest(),
}

/** The addon is several times faster, and knows only what is not short. */
async function openXxh128(): Promise<Digest> {
  const hash = await createXXHash128()
  const { xxh128Blocks } = addon()
  return (block) => (block.length < XXH128_LENGTH_MIN ? hash.init().update(block).digest('binary') : xxh128Blocks(block, block.length))
}

async function openXxh64(): Promise<Digest> {
  const { h64Raw } = await openXxhash()
  return (block) => {
    const digest = Buffer.alloc(8)
    digest.writeBigUInt64BE(h64Raw(block), 0)
    return digest
  }
}
