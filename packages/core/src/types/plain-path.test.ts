import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOfPlain, parsePlainPath, plainPath } from './plain-path.js'

describe('a path for people', () => {
  it.each([
    ['a/b c/Größe', Buffer.from('a/b c/Größe')],
    ['new%0Aline', Buffer.from('new\nline')],
    ['100%25', Buffer.from('100%')],
    ['%FF%FE', Buffer.from([0xff, 0xfe])],
    ['%C3(%0D', Buffer.from([0xc3, 0x28, 0x0d])],
    ['%1B[31m', Buffer.from('\x1b[31m')],
    ['a%E2%80%AEb', Buffer.from('a\u202eb')],
  ])('%s', (text, bytes) => {
    expect(plainPath(bytes)).toBe(text)
    expect(bytesOfPlain(text)).toEqual(bytes)
  })

  it('comes back as the same bytes, whatever they are, and holds nothing that acts on a terminal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const text = plainPath(Buffer.from(bytes))
          expect(text).not.toMatch(/[\0-\x1f\x7f-\x9f]/)
          expect(bytesOfPlain(text)).toEqual(Buffer.from(bytes))
        },
      ),
    )
  })
})

describe('what a person writes', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['/', ''],
    ['/a/./b//', 'a/b'],
    ['50% off', '50% off'],
    ['a%2Fb', 'a/b'],
  ])('%j is %j', (text, path) => expect(parsePlainPath(text)).toEqual(Buffer.from(path)))

  it.each(['..', 'a/../b', 'a/%2e%2E', 'a%00b', 'n'.repeat(256)])('%j is no path', (text) => expect(parsePlainPath(text)).toBeNull())
})
