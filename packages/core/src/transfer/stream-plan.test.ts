import { expect, it } from 'vitest'
import { planStreams, type StreamSample } from './stream-plan.js'

const LIMIT = 16

/** Numbers of streams that are chosen one after the other where `rateOf(streams)` is what all of them together get through. */
function choices(rateOf: (streams: number) => number, limit = LIMIT, count = 12): number[] {
  const samples: StreamSample[] = []
  return Array.from({ length: count }, () => {
    const streams = planStreams(samples, limit)
    samples.push({ streams, cost: rateOf(streams) / streams, seconds: 1 })
    return streams
  })
}

it.each<[string, (streams: number) => number, number, number[]]>([
  ['doubles while it helps, up to the limit', (n) => n, LIMIT, [1, 2, 4, 8, 16, 16]],
  ['reaches a limit that is no power of two', (n) => n, 6, [1, 2, 4, 6, 6]],
  ['never opens a second where one does it all', () => 100, 1, [1, 1, 1]],
  ['goes back where more do not help', (n) => Math.min(n, 4), LIMIT, [1, 2, 4, 8, 4, 4]],
  ['goes back where more make it slower', (n) => (n > 2 ? 1 : n), LIMIT, [1, 2, 4, 2, 2]],
  ['stays with one where two are as fast', () => 100, LIMIT, [1, 2, 1, 1]],
  ['takes less than a tenth for nothing', (n) => 100 + 9 * (n - 1), LIMIT, [1, 2, 1, 1]],
])('%s', (_, rateOf, limit, expected) => {
  expect(choices(rateOf, limit, expected.length)).toEqual(expected)
})

it('tries again what was tried long ago', () => {
  let now = 0
  const chosen = choices((streams) => (now++ < 20 ? 100 : 100 * streams), 2, 80)
  expect(chosen.slice(0, 20)).toEqual([1, 2, ...Array.from({ length: 18 }, () => 1)])
  expect(chosen.at(-1)).toBe(2)
})

it('compares by the work that was done, not by the number of lists', () => {
  const samples = [
    { streams: 1, cost: 1000, seconds: 10 },
    { streams: 2, cost: 10, seconds: 0.1 },
  ]
  expect(planStreams(samples, 2)).toBe(2)
})
