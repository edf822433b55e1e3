import { describe, expect, it } from 'vitest'
import { isLongName, listedName, paddedName } from './list-names.js'

const name = (length: number) => Buffer.alloc(length, 'a')

describe('names in lists', () => {
  it('begin with ./ and end with a zero byte', () => {
    expect(listedName(Buffer.from('#a')).toString()).toBe('./#a\0')
  })

  it.each([1, 2, 2001, 3000, 4092, 4093])('of %i bytes fill two pieces of rsync exactly, and are the same path', (length) => {
    const padded = paddedName(name(length)).toString()
    expect(padded.length).toBe(4096)
    expect(padded.endsWith(`/${'a'.repeat(length)}\0`)).toBe(true)
    expect(padded).toMatch(/^(?:\.\/)+\/?a+\0$/)
  })

  it('that fill everything are left as they are', () => {
    expect(paddedName(name(4094))).toEqual(listedName(name(4094)))
  })

  it('are long before a piece of rsync is too small for them', () => {
    expect(isLongName(name(2000))).toBe(false)
    expect(isLongName(name(2001))).toBe(true)
    expect(listedName(name(2000)).length).toBeLessThanOrEqual(2048)
  })
})
