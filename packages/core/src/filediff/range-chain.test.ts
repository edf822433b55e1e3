import { createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { RangeChain } from './range-chain.js'

/** As docs/formats/filediff.md has it: number of the block (8, little-endian) and its digest. */
function plainDigest(first: bigint, digests: Buffer, digestBytes: number): Buffer {
  const hash = createHash('sha256')
  for (let index = 0; index * digestBytes < digests.length; index += 1) {
    const number = Buffer.alloc(8)
    number.writeBigUInt64LE(first + BigInt(index))
    hash.update(number).update(digests.subarray(index * digestBytes, (index + 1) * digestBytes))
  }
  return hash.digest()
}

it.each([8, 16, 32, 64])(
  'a range is digested over the number and the digest of %i bytes of each block, wherever the digests lie in memory',
  (digestBytes) => {
    for (const first of [0n, 7n, 2n ** 32n - 2n, 2n ** 51n - 8n]) {
      const digests = randomBytes(digestBytes * 5 + 3).subarray(3)
      const chain = new RangeChain(digestBytes)
      chain.add(first, digests.subarray(0, digestBytes * 2))
      chain.add(first + 2n, digests.subarray(digestBytes * 2))
      expect(chain.finish()).toEqual(plainDigest(first, digests, digestBytes))
    }
  },
)
