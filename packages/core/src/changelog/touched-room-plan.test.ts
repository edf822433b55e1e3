import { describe, expect, it } from 'vitest'
import { planEntriesInMemory } from './touched-room-plan.js'

const GIB = 2 ** 30
const AUTOMATIC = { userMemoryFactor: 0, sysMemoryFactor: 0 }
/** A slot of 36 bytes, of which five in eight are used. */
const bytesOf = (entries: number, sets: number) => (entries / 0.625) * 36 * sets

describe('planEntriesInMemory', () => {
  it.each([
    ['automatic on a large machine', { total: 256 * GIB, available: 200 * GIB }, AUTOMATIC, 320 * 2 ** 20],
    ['automatic on a small machine', { total: 2 * GIB, available: GIB }, AUTOMATIC, GIB / 8],
    ['automatic when little is free', { total: 64 * GIB, available: GIB / 4 }, AUTOMATIC, GIB / 16],
    ['a share of all memory', { total: 64 * GIB, available: 60 * GIB }, { userMemoryFactor: 0.1, sysMemoryFactor: 0.5 }, 6.4 * GIB],
    ['a share of what is free', { total: 64 * GIB, available: 4 * GIB }, { userMemoryFactor: 0.1, sysMemoryFactor: 0.5 }, 2 * GIB],
    ['next to nothing', { total: 64 * GIB, available: 0 }, AUTOMATIC, 2 ** 20],
  ])('%s: stays within its bytes, and uses at least half of them', (_, memory, factors, bytes) => {
    for (const sets of [1, 4, 34]) {
      const used = bytesOf(planEntriesInMemory(memory, factors, sets), sets)
      expect(used).toBeLessThanOrEqual(bytes + 36 * sets)
      expect(used).toBeGreaterThan(bytes / 2 - 36 * 2 * sets)
    }
  })
})
