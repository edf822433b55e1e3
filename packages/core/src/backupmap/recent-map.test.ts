import { expect, it } from 'vitest'
import { RecentMap } from './recent-map.js'

it('keeps what was asked for lately, and forgets the rest', () => {
  const map = new RecentMap<number, number>(10)
  for (let key = 0; key < 1000; key += 1) {
    map.set(key, key)
    expect(map.get(0)).toBe(0)
    for (let recent = Math.max(0, key - 3); recent <= key; recent += 1) expect(map.get(recent)).toBe(recent)
  }
  expect(Array.from({ length: 1000 }, (_, key) => map.get(key)).filter((value) => value !== undefined).length).toBeLessThanOrEqual(20)
})
