import { expect, it } from 'vitest'
import { Turns } from './turns.js'

it('lets so many run at a time, in their order, and goes on after a failure', async () => {
  const turns = new Turns(2)
  const ends: ((failure: Error | null) => void)[] = []
  const events: string[] = []
  const run = (name: string) =>
    turns.run(
      () =>
        new Promise<string>((resolve, reject) => {
          events.push(name)
          ends.push((failure) => (failure === null ? resolve(name) : reject(failure)))
        }),
    )
  const results = ['a', 'b', 'c', 'd'].map(run)
  expect(events).toEqual(['a', 'b'])
  ends[1]!(new Error('broken'))
  await expect(results[1]).rejects.toThrow('broken')
  expect(events).toEqual(['a', 'b', 'c'])
  ends[0]!(null)
  await results[0]
  expect(events).toEqual(['a', 'b', 'c', 'd'])
  ends[2]!(null)
  ends[3]!(null)
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual(['a', 'c', 'd'])
})
