import { expect, it } from 'vitest'
import { decodeVerify } from './codec.js'

const names = (...given: unknown[]) => decodeVerify('names', JSON.stringify({ path: 'a', names: given, first: true, last: true }))

it('names in a directory may hold any bytes', () => {
  expect(names('b', '..b', { percent: '%FF' })).toMatchObject({ names: [Buffer.from('b'), Buffer.from('..b'), Buffer.of(0xff)] })
})

it.each([
  [''],
  ['.'],
  ['..'],
  ['a/b'],
  ['a\0b'],
  ['x'.repeat(256)],
  [{ percent: '%00' }],
  [{ percent: '%2e%2e' }],
  [{ percent: 'a', more: 1 }],
  [1],
])('%j is the name of nothing', (name) => {
  expect(names('b', name)).toEqual({ wrong: 'names is a list of 2; allowed: names' })
})

it('a field that is unknown is told in short', () => {
  expect(decodeVerify('names', JSON.stringify({ path: 'a', names: [], first: true, last: true, ['x'.repeat(1000)]: 1 }))).toEqual({
    wrong: `${'x'.repeat(100)} is 1; allowed: nothing: the field is unknown`,
  })
})
