import { expect, it } from 'vitest'
import { whileOpening } from './while-opening.js'

const failing = (why: string) => () => Promise.reject(new Error(why))
const giving = (value: string) => () => Promise.resolve(value)

it.each([
  ['both', giving('opened'), giving('done'), ['opened', 'done'], []],
  ['work that fails', giving('opened'), failing('work'), 'work', ['opened']],
  ['opening that fails', failing('opening'), giving('done'), 'opening', []],
  ['both that fail', failing('opening'), failing('work'), 'opening', []],
])('waits for both, and closes what nobody uses: %s', async (_, opening, work, expected, closed) => {
  const seen: string[] = []
  const both = whileOpening(opening(), work(), async (opened) => void seen.push(opened))
  expect(await both.catch((error: Error) => error.message)).toEqual(expected)
  expect(seen).toEqual(closed)
})
