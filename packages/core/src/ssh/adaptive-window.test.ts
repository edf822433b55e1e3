import { expect, it } from 'vitest'
import { AdaptiveWindow, WINDOW_BYTES_MIN } from './adaptive-window.js'

const MIB = 2 ** 20

/** The window after each of `rounds` round trips of 100 ms over a way that carries so much, and no more than the window, in each. */
function windows(carriedBytes: number, rounds: number, mostBytes = 64 * MIB): number[] {
  const window = new AdaptiveWindow(100, mostBytes)
  const steps = 10
  return Array.from({ length: rounds }, (_, round) => {
    for (let step = 1; step <= steps; step += 1) window.arrived(Math.min(carriedBytes, window.bytes) / steps, (round * steps + step) * 10)
    return window.bytes
  })
}

it('begins with what suits the round trip, and never with less than ssh2 has', () => {
  expect([0, 5, 100, 10_000].map((ms) => new AdaptiveWindow(ms, 64 * MIB).bytes / MIB)).toEqual([2, 2, 19.53125, 64])
  expect(new AdaptiveWindow(100, 1024).bytes).toBe(WINDOW_BYTES_MIN)
})

it('grows while it is what limits the speed, up to the most', () => {
  const seen = windows(1000 * MIB, 80)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(seen.at(-1)).toBe(64 * MIB)
})

it('stays little larger than what a slower way carries', () => {
  for (const carried of [1, 10, 20, 30]) {
    const last = windows(carried * MIB, 80).at(-1)!
    expect(last).toBeGreaterThanOrEqual(carried * MIB)
    expect(last).toBeLessThan(Math.max(20, 2.2 * carried) * MIB)
  }
})
