import { expect, it } from 'vitest'
import { defer } from '../types/deferred.js'
import { Turns } from './turns.js'

it('runs so many at once, the others in order, also after a failure', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const ends = Array.from({ length: 5 }, () => defer<number>())
  const runs = ends.map((end, index) =>
    turns.run(() => {
      begun.push(index)
      return end.promise
    }),
  )
  expect(begun).toEqual([0, 1])
  ends[1]!.reject(new Error('no'))
  await expect(runs[1]).rejects.toThrow('no')
  expect(begun).toEqual([0, 1, 2])
  for (const [index, end] of ends.entries()) end.resolve(index)
  expect(await Promise.all([runs[0], runs[2], runs[3], runs[4]])).toEqual([0, 2, 3, 4])
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect(await turns.run(async () => 7)).toBe(7)
})
