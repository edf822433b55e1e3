import { expect, it } from 'vitest'
import { shrinkList } from './shrink.js'

const numbers = Array.from({ length: 100 }, (_, index) => index)

it('keeps only what is needed to fail, in its order', async () => {
  const fails = async (items: readonly number[]) => [7, 30, 31, 99].every((needed) => items.includes(needed))
  expect(await shrinkList(numbers, fails)).toEqual([7, 30, 31, 99])
})

it('takes few tries', async () => {
  let tries = 0
  await shrinkList(numbers, async (items) => {
    tries += 1
    return items.includes(50)
  })
  expect(tries).toBeLessThan(30)
})

it('leaves nothing where everything fails', async () => {
  expect(await shrinkList(numbers, async () => true)).toEqual([])
})
