import { describe, expect, it } from 'vitest'
import { chooseMap, type MapCandidate } from './choose-map-plan.js'

const incremental = (timestamp: number): MapCandidate => ({ timestamp, kind: 'incremental' })
const full = (timestamp: number): MapCandidate => ({ timestamp, kind: 'full' })

describe('chooseMap', () => {
  it.each<[string, MapCandidate[], number | null, number | null]>([
    ['none', [], null, null],
    ['the newest', [incremental(10), incremental(30), incremental(20)], null, 30],
    ['what was given up half way', [incremental(10), incremental(30)], 10, 10],
    ['a newer full map instead', [incremental(10), full(20), incremental(30)], 10, 20],
    ['an older full map is no way out', [full(5), incremental(10)], 10, 10],
    ['the given-up one is gone', [incremental(30)], 10, 30],
  ])('%s', (_, candidates, between, expected) => {
    expect(chooseMap(candidates, between)?.timestamp ?? null).toBe(expected)
  })
})
