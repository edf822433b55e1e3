import { expect, it } from 'vitest'
import { planRange } from './range-plan.js'

const chain = [40, 30, 20, 10].map((timestamp) => ({ timestamp, base: timestamp === 10 ? null : timestamp - 10 }))
const full = (timestamp: number) => timestamp === 10 || timestamp === 30

it.each([
  ['everything, of which only the last full one and what follows is needed', 0, null, { timestamp: 40, backups: [30, 40], whole: true }],
  ['what follows a backup', 30, null, { timestamp: 40, backups: [40], whole: false }],
  ['up to a backup', 10, 20, { timestamp: 20, backups: [20], whole: false }],
  ['up to a time between two', 0, 25, { timestamp: 20, backups: [10, 20], whole: true }],
  ['a start between two', 15, 29, { timestamp: 20, backups: [20], whole: false }],
])('covers %s', (_, start, end, expected) => {
  expect(planRange(chain, { start, end }, full)).toEqual({ start, ...expected })
})

it.each([
  [40, null],
  [0, 5],
])('has nothing after %j up to %j', (start, end) => {
  expect(planRange(chain, { start, end }, full)).toBeNull()
})
