import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockBytes, blocksOf, bytesOf, isOnGrid, offsetOf } from './block-grid.js'
import { FILE_SIZE_MAX } from './filediff-types.js'
import { planRanges, planReads, planSpans, planTransfer } from './range-plan.js'

const OPTIONS = { blockSize: null, hugefileSizeBytes: 2n ** 40n, hugeChannelCount: 4 }
const size = fc.oneof(
  fc.bigInt({ min: 0n, max: 10_000_000n }),
  fc.bigInt({ min: 0n, max: FILE_SIZE_MAX }),
  fc.constantFrom(0n, 1n, 4095n, 4096n, 4097n, 2n ** 32n, 2n ** 53n + 1n, FILE_SIZE_MAX),
)

describe('ranges', () => {
  it('cover every byte of any file exactly once, on the grid, and are never too many', () => {
    fc.assert(
      fc.property(size, fc.constantFrom(null, 4096, 12288, 1 << 24), (bytes, blockSize) => {
        const plan = planTransfer(bytes, { ...OPTIONS, blockSize })
        const ranges = planRanges({ start: 0n, end: bytes }, plan.rangeBytes)
        const grid = { blockSize: plan.blockSize, size: bytes }
        const wrong = ranges.find((range, index) => range.start !== (ranges[index - 1]?.end ?? 0n) || !isOnGrid(grid, range))
        expect(wrong).toBeUndefined()
        expect(ranges.at(-1)?.end ?? 0n).toBe(bytes)
        expect(ranges.length).toBeLessThanOrEqual(65_537)
      }),
      { numRuns: 30 },
    )
  })

  it('are larger and on more channels from hugefile_size on', () => {
    const large = planTransfer(2n ** 40n - 1n, OPTIONS)
    const huge = planTransfer(2n ** 40n, OPTIONS)
    expect([large.channelCount, huge.channelCount]).toEqual([1, 4])
    expect(huge.rangeBytes).toBeGreaterThan(large.rangeBytes)
  })

  it('of a part begin and end where they would of the whole', () => {
    expect(planRanges({ start: 3n, end: 25n }, 10n)).toEqual([
      { start: 3n, end: 10n },
      { start: 10n, end: 20n },
      { start: 20n, end: 25n },
    ])
  })
})

describe('limits of a plan', () => {
  it('let every block through', () => {
    fc.assert(
      fc.property(fc.constantFrom(4096, 65536, 1 << 24), size, (blockSize, bytes) => {
        const plan = planTransfer(bytes, { ...OPTIONS, blockSize })
        expect(plan.windowBytes).toBeGreaterThanOrEqual(4 * blockSize)
        expect(plan.pendingLimit).toBeGreaterThanOrEqual(64)
      }),
    )
  })
})

describe('blocks beyond 2^32 and offsets beyond 2^53', () => {
  const grid = { blockSize: 4096, size: 2n ** 62n + 5n }

  it('keep every digit', () => {
    const last = 2n ** 50n
    expect(blocksOf(grid, { start: 2n ** 61n, end: grid.size })).toEqual({ first: 2n ** 49n, end: last + 1n })
    expect(offsetOf(grid, last)).toBe(2n ** 62n)
    expect(blockBytes(grid, last)).toBe(5)
    expect(blockBytes(grid, last - 1n)).toBe(4096)
    expect(bytesOf(grid, last, 100n)).toBe(5n)
    expect(bytesOf(grid, last + 1n, 1n)).toBe(0n)
  })

  it.each([
    ['spans', planSpans],
    ['reads', planReads],
  ])('are cut into %s without a gap', (_name, planned) => {
    const spans = [...planned(grid, 2n ** 50n - 3000n, 2n ** 50n + 1n)]
    expect(spans.reduce((sum, span) => sum + BigInt(span.bytes), 0n)).toBe(3000n * 4096n + 5n)
    expect(spans.every((span, index) => index === 0 || span.first === spans[index - 1]!.first + BigInt(spans[index - 1]!.count))).toBe(true)
  })
})

describe('reads', () => {
  it('are short at the beginning of a file and long after it, and begin at the same places whatever part is asked about', () => {
    const grid = { blockSize: 256 * 1024, size: 2n ** 30n }
    const all = [...planReads(grid, 0n, 4096n)]
    expect(all.map(({ count }) => count)).toEqual([...Array.from({ length: 32 }, () => 16), ...Array.from({ length: 28 }, () => 128)])
    const ends = (from: bigint) => [...planReads(grid, from, 4096n)].map(({ first, count }) => first + BigInt(count))
    for (const from of [1n, 511n, 700n]) {
      expect(ends(from)).toEqual(all.map(({ first, count }) => first + BigInt(count)).filter((end) => end > from))
    }
  })
})
