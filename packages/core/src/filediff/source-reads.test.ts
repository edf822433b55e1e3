import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OUTCOME } from './filediff-types.js'
import { type BlocksAnswer, SourceReads } from './source-reads.js'
import { inlineBlockPool } from './testing/loopback-source.js'

const BLOCK = 4096
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-reads-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A file of blocks that each hold their number, from 1 on; 0 = zeros. */
async function openReads(blocks: readonly number[]): Promise<{ reads: SourceReads; close(): void }> {
  const path = join(folder, 'file')
  writeFileSync(path, Buffer.concat(blocks.map(blockOf)))
  const fd = openSync(path, 'r')
  const grid = { blockSize: BLOCK, size: BigInt(blocks.length * BLOCK) }
  const reads = await SourceReads.open({ fd, grid, checksum: 'sha256', pool: inlineBlockPool() })
  return { reads, close: () => closeSync(fd) }
}

const blockOf = (value: number) => Buffer.alloc(BLOCK, value)
const digestsOf = (blocks: readonly number[]) => Buffer.concat(blocks.map((value) => createHash('sha256').update(blockOf(value)).digest()))

interface Said {
  readonly block: number
  readonly outcome: string
  readonly bytes: string
}

/** Asks about pieces one after the other, and only then says what was found: as when the network is slow. */
async function say(reads: SourceReads, pieces: readonly (readonly number[])[]): Promise<Said[]> {
  const answers: Promise<BlocksAnswer>[] = []
  let first = 0n
  for (const piece of pieces) {
    const end = first + BigInt(piece.length)
    await reads.begin({ first, end, digests: digestsOf(piece) }, (answer) => answers.push(answer))
    await answers.at(-1)
    first = end
  }
  const said: Said[] = []
  for (const answer of answers) for await (const part of reads.complete(await answer)) said.push(...blocksOf(part))
  return said
}

function blocksOf({ first, slot, compared }: BlocksAnswer): Said[] {
  const said = Array.from(compared.outcomes, (value, index) => {
    const outcome = Object.entries(OUTCOME).find(([, known]) => known === value)![0]
    const bytes = outcome === 'data' ? String(slot!.memory[index * BLOCK]) : ''
    return { block: Number(first) + index, outcome, bytes }
  })
  slot?.release()
  return said
}

const expected = (source: readonly number[], target: readonly number[]): Said[] =>
  source.map((value, block) => {
    if (value === 0) return { block, outcome: 'zero', bytes: '' }
    return value === target[block] ? { block, outcome: 'same', bytes: '' } : { block, outcome: 'data', bytes: String(value) }
  })

describe('what is said of blocks', () => {
  it('is the same whether what differs was kept or is read once more', async () => {
    const pair = fc.tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(true, true, true, true, true, true, false))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(pair, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 }), async (pieces) => {
        const source = pieces.flat().map(([value]) => value)
        const targets = pieces.map((piece) => piece.map(([value, same]) => (same ? value : 3)))
        const { reads, close } = await openReads(source)
        try {
          expect(await say(reads, targets)).toEqual(expected(source, targets.flat()))
        } finally {
          close()
        }
      }),
      { numRuns: 100 },
    )
  })

  it('keeps what differs after much did, and only then', async () => {
    const one = Array.from({ length: 20 }, () => 1)
    const { reads, close } = await openReads([...one, ...one, ...one, ...one])
    const kept: boolean[] = []
    const pieces = [one, one.with(3, 2), one.map(() => 2), one]
    for (const [index, piece] of pieces.entries()) {
      const first = BigInt(20 * index)
      const answers: Promise<BlocksAnswer>[] = []
      await reads.begin({ first, end: first + 20n, digests: digestsOf(piece) }, (answer) => answers.push(answer))
      for (const answer of answers) kept.push((await answer).slot !== null)
    }
    close()
    expect(kept).toEqual([true, false, false, true])
  })
})
