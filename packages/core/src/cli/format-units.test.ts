import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatTimestamp } from './format-units.js'

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [123_456_789n, '118 MiB'],
    [5n << 60n, '5 EiB'],
    [(1n << 64n) - 1n, '16 EiB'],
  ])('%s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

describe('counts', () => {
  it.each([
    [0, 'file', '0 files'],
    [1, 'file', '1 file'],
    [1234567, 'file', '1 234 567 files'],
    [18446744073709551615n, undefined, '18 446 744 073 709 551 615'],
  ])('%s %s', (count, noun, text) => expect(formatCount(count, noun)).toBe(text))
})

describe('durations', () => {
  it.each([
    [-1, '0 s'],
    [0.44, '0.4 s'],
    [9.97, '10 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [7500, '2 h 05 min'],
    [3600 * 24 * 4 + 3 * 3600, '4 d 03 h'],
  ])('%s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

it('timestamps are in UTC', () => expect(formatTimestamp(1_700_000_000)).toBe('2023-11-14 22:13:20'))
