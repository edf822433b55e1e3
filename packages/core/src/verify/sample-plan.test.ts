import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AgeHistogram, costOf, runsToCover, sampleBudget } from './sample-plan.js'

const HOUR = 3600
const MIB = 2n ** 20n

/** One run after the other, each an hour later; gives the files that each has read. */
function runs(sizes: readonly bigint[], budget: bigint, count: number): number[][] {
  const verifiedAt = sizes.map(() => 0)
  return Array.from({ length: count }, (_, run) => {
    const ages = new AgeHistogram()
    sizes.forEach((size, file) => {
      ages.add(verifiedAt[file]!, size)
    })
    const choice = ages.choose(budget)
    const taken = sizes.flatMap((size, file) => (choice.takes(verifiedAt[file]!, size) ? [file] : []))
    for (const file of taken) verifiedAt[file] = (run + 1) * HOUR
    return taken
  })
}

it('reads the files whose verification is the longest ago, one after the other, and begins again', () => {
  const read = runs([MIB, MIB, MIB, MIB], 2n * MIB, 4)
  expect(read).toEqual([
    [0, 1],
    [2, 3],
    [0, 1],
    [2, 3],
  ])
})

it('has read everything after as many runs as it says, whatever the sizes', () => {
  const size = fc.oneof(fc.bigInt(0n, 5000n), fc.bigInt(0n, 100n * MIB))
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (sizes, percent) => {
      const total = sizes.reduce((sum, one) => sum + costOf(one), 0n)
      const budget = sampleBudget({ kind: 'percent', percent }, total)
      const read = runs(sizes, budget, runsToCover(total, budget))
      expect(new Set(read.flat()).size).toBe(sizes.length)
    }),
  )
})

it('reads about as much as it may, and at least one file', () => {
  expect(runs([MIB, MIB, MIB], MIB / 2n, 1)).toEqual([[0]])
  expect(runs([MIB, MIB, MIB], 2n * MIB, 1)[0]).toHaveLength(2)
  expect(runs([10n, 10n], 100n * MIB, 1)).toEqual([[0, 1]])
})

it.each([
  ['a share', { kind: 'percent', percent: 2.5 } as const, 1000n, 25n, 40],
  ['everything', { kind: 'percent', percent: 100 } as const, 1000n, 1000n, 1],
  ['so many bytes', { kind: 'bytes', bytes: 300n * MIB } as const, 1000n, 300n, 4],
])('%s', (_, amount, total, budget, count) => {
  expect(sampleBudget(amount, total * MIB)).toBe(budget * MIB)
  expect(runsToCover(total * MIB, budget * MIB)).toBe(count)
})

it('needs no run where nothing is known', () => {
  expect(runsToCover(0n, sampleBudget({ kind: 'percent', percent: 1 }, 0n))).toBe(0)
})
