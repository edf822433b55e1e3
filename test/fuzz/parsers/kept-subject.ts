import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KeptDigests } from '@lustrebackup/core/filediff/kept-digests'
import { expect } from 'vitest'
import type { Subject } from '../support/subject.js'

const START = { blockSize: 4096, checksum: 'xxh64' } as const
const BLOCKS = 12n

/** Block digests that are kept beside a backup. Damaged ones are done without: never an error, and never digests that were not written. */
export function keptSubject(folder: string): Subject {
  const file = join(folder, 'kept')
  const valid = writeLog(file)
  const known = lookUp(file, valid)
  return {
    name: 'kept block digests',
    form: 'bytes',
    seeds: [valid],
    check(input, _random, isValid) {
      const found = lookUp(file, input)
      if (isValid) expect(found).toEqual(known)
      for (const [block, digest] of found.blocks.entries()) if (digest !== null) expect(WRITTEN[block]).toContain(digest)
      if (found.seal !== null) expect(found.seal).toEqual(known.seal)
    },
  }
}

/** What was ever written of a block. */
const WRITTEN: readonly (readonly string[])[] = Array.from({ length: Number(BLOCKS) }, (_, block) => {
  const first = Buffer.alloc(8, block + 1).toString('hex')
  return block < 4 ? [first] : block < 6 ? [first, 'void'] : block === 8 ? ['99'.repeat(8)] : []
})

function writeLog(file: string): Buffer {
  rmSync(file, { force: true })
  const kept = KeptDigests.open(file, START)
  const identity = { size: 49_152n, mtimeNs: 1n, ctimeNs: 2n, ino: 3n }
  kept.begin({ ...identity, source: '/snap/x', validBlocks: BLOCKS }, false)
  kept.recordDigests(0n, Buffer.concat(Array.from({ length: 6 }, (_, block) => Buffer.alloc(8, block + 1))))
  kept.recordVoid(4n, 2n)
  kept.recordRange({ start: 0n, end: 24_576n, digest: Buffer.alloc(32, 5) })
  kept.recordDigests(8n, Buffer.alloc(8, 0x99))
  kept.sealAs({ ...identity, dev: 4n, dataVersion: null, finished: true })
  kept.close()
  return readFileSync(file)
}

function lookUp(file: string, content: Buffer) {
  writeFileSync(file, content)
  const kept = KeptDigests.open(file, START)
  try {
    return { seal: kept.seal, ranges: kept.lastTransfer?.ranges ?? [], blocks: digestsOf(kept) }
  } finally {
    kept.close()
  }
}

function digestsOf(kept: KeptDigests): (string | null)[] {
  const blocks: (string | null)[] = []
  for (let block = 0n; block < BLOCKS; block += 1n) {
    const found = kept.lookup(block, block + 1n)
    blocks.push(found.kind === 'digests' ? found.digests.toString('hex') : found.kind === 'void' ? 'void' : null)
  }
  return blocks
}
