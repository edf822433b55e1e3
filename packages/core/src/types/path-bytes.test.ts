import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  basenameOf,
  dirnameOf,
  isBeneath,
  joinPath,
  jsonFromPath,
  jsonTextOfPath,
  NAME_MAX,
  parsePath,
  pathDepth,
  pathFromJson,
  percentDecode,
  percentEncode,
} from './path-bytes.js'

const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value))
const name = fc
  .uint8Array({ minLength: 1, maxLength: NAME_MAX })
  .map((value) => Buffer.from(value.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
const plainName = name.filter((value) => value.toString('latin1') !== '.' && value.toString('latin1') !== '..')
const path = fc
  .array(plainName, { minLength: 1, maxLength: 8 })
  .map((names) => names.reduce<Buffer>((parent, next) => joinPath(parent, next), Buffer.alloc(0)))

describe('paths', () => {
  it('survive JSON byte by byte', () => {
    fc.assert(
      fc.property(path, (value) => {
        const json = JSON.parse(JSON.stringify(jsonFromPath(value)))
        expect(pathFromJson(json)).toEqual(value)
      }),
    )
  })

  it('are text in JSON exactly when they are UTF-8', () => {
    expect(jsonFromPath(Buffer.from('Füße/a\nb'))).toBe('Füße/a\nb')
    expect(jsonFromPath(Buffer.from([0x64, 0x2f, 0xff, 0x20]))).toEqual({ percent: 'd/%FF%20' })
  })

  it('survive percent-encoding as one shell-safe word', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const word = percentEncode(value)
        expect(word).toMatch(/^[A-Za-z0-9_./+=:,@%-]*$/)
        expect(percentDecode(word)).toEqual(value)
      }),
    )
  })

  it.each(['%', '%4', '%zz', 'a b', 'ä', 'a\n'])('refuses the broken escape %j', (text) => {
    expect(percentDecode(text)).toBeNull()
  })

  it.each(['/a', 'a/', 'a//b', '.', '..', 'a/../b', 'a/.', 'a\0b', 'a'.repeat(256), `${'a/'.repeat(2100)}a`])('refuses %j', (text) => {
    expect(parsePath(Buffer.from(text))).toBeNull()
  })

  it.each([1, null, [], {}, { percent: 1 }, { percent: 'a', more: 1 }, { percent: '%2E%2E/x' }, { percent: 'a%00' }])(
    'refuses JSON %j',
    (value) => {
      expect(pathFromJson(value)).toBeNull()
    },
  )

  it('take apart and join again', () => {
    fc.assert(
      fc.property(path, (value) => {
        expect(joinPath(dirnameOf(value), basenameOf(value))).toEqual(value)
        expect(pathDepth(value)).toBe(pathDepth(dirnameOf(value)) + 1)
      }),
    )
  })

  it.each([
    ['a/b', 'a', true],
    ['a', 'a', true],
    ['ab', 'a', false],
    ['a', 'a/b', false],
    ['a', '', true],
  ])('%j beneath %j: %j', (inner, folder, expected) => {
    expect(isBeneath(Buffer.from(inner), Buffer.from(folder))).toBe(expected)
  })
})

it('is the same as JSON text, wherever it lies', () => {
  const bytes = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 20 }).map(Buffer.from),
  )
  fc.assert(
    fc.property(bytes, bytes, (before, path) => {
      const list = Buffer.concat([before, path, before])
      expect(jsonTextOfPath(list, before.length, before.length + path.length)).toBe(JSON.stringify(jsonFromPath(Buffer.from(path))))
    }),
  )
})
