import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptDigests } from './kept-digests.js'

const START = { blockSize: 4096, checksum: 'xxh64' } as const
const SEAL = { size: 5n, mtimeNs: 1n, ctimeNs: 2n, ino: 2n ** 63n, dev: 4n, dataVersion: 2n ** 64n - 1n, finished: true }
const BEGIN = { source: '/snap/x', size: 10n, mtimeNs: 1n, ctimeNs: 1n, ino: 7n, validBlocks: 2n ** 60n }
const RANGE = { start: 0n, end: 4096n, digest: Buffer.alloc(32, 3) }

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-kept-'))
  file = join(folder, 'made/kept')
})
afterEach(() => rmSync(folder, { recursive: true }))

function use<T>(action: (kept: KeptDigests) => T): T {
  const kept = KeptDigests.open(file, START)
  try {
    return action(kept)
  } finally {
    kept.close()
  }
}

const digestOf = (block: bigint, version: number) => {
  const digest = Buffer.alloc(8, version)
  digest.writeUInt32LE(Number(block % 2n ** 32n), 0)
  return digest
}

/** What is known of blocks, one by one. */
function known(kept: KeptDigests, first: bigint, end: bigint): string[] {
  const found: string[] = []
  for (let block = first; block < end; ) {
    const run = kept.lookup(block, end)
    for (let at = run.first; at < run.end; at += 1n) {
      const index = Number(at - run.first) * 8
      found.push(run.kind === 'digests' ? run.digests.subarray(index, index + 8).toString('hex') : run.kind)
    }
    block = run.end
  }
  return found
}

const change = fc.record({
  first: fc.integer({ min: 0, max: 5000 }).map(BigInt),
  count: fc.integer({ min: 1, max: 5000 }),
  isVoid: fc.boolean(),
})

it('says of every block what was said last, also when it is opened again', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), fc.integer({ min: 0, max: 10_000 }), (changes, cut) => {
      rmSync(file, { force: true })
      const model = Array.from({ length: 10_000 }, () => 'unknown')
      use((kept) => {
        for (const [version, { first, count, isVoid }] of changes.entries()) {
          const digests = Array.from({ length: count }, (_, index) => digestOf(first + BigInt(index), version))
          if (isVoid) kept.recordVoid(first, BigInt(count))
          else kept.recordDigests(first, Buffer.concat(digests))
          for (let index = 0; index < count; index += 1) model[Number(first) + index] = isVoid ? 'void' : digests[index]!.toString('hex')
        }
        kept.begin({ ...BEGIN, validBlocks: BigInt(cut) }, false)
        model.fill('unknown', cut)
        kept.sealAs(SEAL)
        expect(known(kept, 0n, 10_000n)).toEqual(model)
      })
      use((kept) => {
        expect(known(kept, 0n, 10_000n)).toEqual(model)
        expect(kept.seal).toEqual(SEAL)
      })
    }),
    { numRuns: 25 },
  )
})

describe('a log', () => {
  it('cut or damaged at any byte never claims to be sealed by what is not its last record', () => {
    use((kept) => {
      kept.recordDigests(0n, digestOf(0n, 1))
      kept.sealAs(SEAL)
    })
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length; at += 1) {
      truncateSync(file, at)
      expect(use((kept) => kept.seal)).toBeNull()
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 1
      writeFileSync(file, damaged)
      expect(use((kept) => kept.seal)).toBeNull()
      writeFileSync(file, whole)
    }
    expect(use((kept) => kept.seal)).toEqual(SEAL)
  })

  it('is not sealed any more from the begin of a transfer on', () => {
    use((kept) => kept.sealAs(SEAL))
    use((kept) => kept.begin(BEGIN, false))
    expect(use((kept) => kept.seal)).toBeNull()
  })

  it('of other blocks or another hash begins anew', () => {
    use((kept) => kept.sealAs(SEAL))
    KeptDigests.open(file, { ...START, checksum: 'sha256' }).close()
    expect(use((kept) => kept.seal)).toBeNull()
  })

  it('knows the ranges that an interrupted transfer has done, and forgets them with another one', () => {
    use((kept) => {
      kept.begin(BEGIN, false)
      kept.recordRange(RANGE)
      kept.sealAs({ ...SEAL, finished: false })
    })
    use((kept) => {
      expect(kept.lastTransfer).toEqual({ begin: BEGIN, ranges: [RANGE] })
      kept.begin(BEGIN, true)
    })
    expect(use((kept) => kept.lastTransfer?.ranges)).toEqual([RANGE])
    use((kept) => kept.begin({ ...BEGIN, source: '/snap/y' }, false))
    expect(use((kept) => kept.lastTransfer?.ranges)).toEqual([])
  })

  it('of terabytes of holes is small', () => {
    use((kept) => {
      kept.recordVoid(0n, 2n ** 40n)
      kept.recordDigests(2n ** 33n, digestOf(5n, 1))
      kept.sealAs(SEAL)
      expect(known(kept, 2n ** 33n - 1n, 2n ** 33n + 2n)).toEqual(['void', digestOf(5n, 1).toString('hex'), 'void'])
    })
    expect(statSync(file).size).toBeLessThan(1000)
  })

  it('is for root only, and never a symlink', () => {
    use((kept) => kept.sealAs(SEAL))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    rmSync(file)
    symlinkSync(join(folder, 'victim'), file)
    expect(() => use(() => undefined)).toThrow(/opening the block digests/)
  })
})
