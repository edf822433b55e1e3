import { expect, it } from 'vitest'
import { parseCrashOrder, shownDetail } from './parse-crash-order.js'

it.each([
  [undefined, null],
  ['', null],
  ['exec.ended', { kind: 'die', name: 'exec.ended', detail: null, nth: 1 }],
  ['exec.ended:3', { kind: 'die', name: 'exec.ended', detail: null, nth: 3 }],
  ['exec.ended rsync:12', { kind: 'die', name: 'exec.ended', detail: 'rsync', nth: 12 }],
  ['tree.attributes setting the mode', { kind: 'die', name: 'tree.attributes', detail: 'setting the mode', nth: 1 }],
  ['/tmp/trace', { kind: 'trace', file: '/tmp/trace' }],
])('reads %s', (text, order) => {
  expect(parseCrashOrder(text)).toEqual(order)
})

it.each(['exec.ends', 'exec.ended:0', 'exec.ended:', 'toString', 'constructor.name', ' exec.ended'])('refuses %s', (text) => {
  expect(() => parseCrashOrder(text)).toThrow('names no crash point')
})

it.each([
  ['/state/backup/1700000000.json', 'N.json'],
  ['/usr/bin/rsync', 'rsync'],
  ['a\nb:c', 'a?b?c'],
])('tells %j from others as %j', (detail, shown) => {
  expect(shownDetail(detail)).toBe(shown)
})
