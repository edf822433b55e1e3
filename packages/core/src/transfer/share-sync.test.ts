import { expect, it } from 'vitest'
import { defer } from '../types/deferred.js'
import { shareSync } from './share-sync.js'

/** Syncs that end when they are told to. */
function syncs() {
  const begun: ReturnType<typeof defer<void>>[] = []
  const shared = shareSync(() => {
    const one = defer<void>()
    begun.push(one)
    return one.promise
  })
  return { begun, shared }
}

it('those who come while one is under way get one more, which begins after it', async () => {
  const { begun, shared } = syncs()
  const first = shared()
  const ended: string[] = []
  const others = [shared(), shared()].map((sync) => sync.then(() => ended.push('other')))
  expect(begun).toHaveLength(1)
  begun[0]!.resolve()
  await first
  expect(begun).toHaveLength(2)
  const third = shared()
  expect(ended).toEqual([])
  begun[1]!.resolve()
  await Promise.all(others)
  expect(begun).toHaveLength(3)
  begun[2]!.resolve()
  await third
  const fourth = shared()
  expect(begun).toHaveLength(4)
  begun[3]!.resolve()
  await fourth
})

it('after a failure nobody is told of a success', async () => {
  const { begun, shared } = syncs()
  const [first, second] = [shared(), shared()]
  begun[0]!.reject(new Error('EIO'))
  await expect(first).rejects.toThrow('EIO')
  await expect(second).rejects.toThrow('EIO')
  await expect(shared()).rejects.toThrow('EIO')
  expect(begun).toHaveLength(1)
})
