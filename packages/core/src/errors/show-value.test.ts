import { expect, it } from 'vitest'
import { showValue } from './show-value.js'

const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
it.each([
  ['a\n"b"', '"a\\n\\"b\\""'],
  ['x'.repeat(101), `"${'x'.repeat(100)}"…`],
  [-1.5, '-1.5'],
  [null, 'null'],
  [undefined, 'missing'],
  [[1, 2], 'a list of 2'],
  [deep, 'a list of 1'],
  [{ deep }, 'an object'],
])('case %#', (value, shown) => expect(showValue(value)).toBe(shown))
