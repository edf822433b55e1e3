import { describe, expect, it } from 'vitest'
import { type MapHistory, planOldMaps, planOldRecords } from './history-plan.js'

const LIMITS = { records: 3, unverifiedMaps: 4, verifiedMaps: 2 }

function oldMaps(changes: Partial<MapHistory>): number[] {
  const history = { maps: [7, 1, 3, 2, 5, 4, 6], lastBackup: 7, linked: new Set([7]), verifiedUpTo: null, verifying: [] }
  return planOldMaps({ ...history, ...changes }, LIMITS)
}

describe('maps', () => {
  it.each<[string, Partial<MapHistory>, readonly number[]]>([
    ['that no verification has covered are kept for longer', {}, [1, 2]],
    ['that are verified are not', { verifiedUpTo: 6 }, [1, 2, 3, 4]],
    ['of which only some are verified', { verifiedUpTo: 3 }, [1, 2, 3]],
    ['newer than S0 wait for their backup', { lastBackup: 3 }, []],
    ['of which none is backed up yet', { lastBackup: null }, []],
    ['that a link leads to', { verifiedUpTo: 6, linked: new Set([7, 2]) }, [1, 3, 4]],
    ['that a verification reads', { verifiedUpTo: 6, verifying: [{ start: 1, end: 3 }] }, [1, 4]],
    [
      'that several verifications read',
      {
        verifiedUpTo: 6,
        verifying: [
          { start: 0, end: 1 },
          { start: 3, end: 7 },
        ],
      },
      [2, 3],
    ],
  ])('%s', (_, changes, expected) => {
    expect(oldMaps(changes)).toEqual(expected)
  })
})

it('records beyond the newest go, oldest first, but for those that a link leads to', () => {
  expect(planOldRecords([5, 1, 4, 2, 3], new Set([5]), 3)).toEqual([1, 2])
  expect(planOldRecords([5, 1, 4, 2, 3], new Set([5, 1]), 3)).toEqual([2])
  expect(planOldRecords([5, 1], new Set(), 3)).toEqual([])
})
