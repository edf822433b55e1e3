import { expect, it } from 'vitest'
import { readAhead } from './read-ahead.js'

/** Numbers up to `end`, and then a failure; `events` says what happened when. */
async function* numbers(end: number, events: string[]): AsyncGenerator<number, void> {
  try {
    for (let value = 1; value <= end; value += 1) {
      events.push(`made ${value}`)
      yield value
    }
    throw new Error('broken')
  } finally {
    events.push('closed')
  }
}

it('makes one value while the one before is worked on, and fails behind the last', async () => {
  const events: string[] = []
  const read = async () => {
    for await (const value of readAhead(numbers(3, events))) {
      await Promise.resolve()
      events.push(`used ${value}`)
    }
  }
  await expect(read()).rejects.toThrow('broken')
  expect(events).toEqual(['made 1', 'made 2', 'used 1', 'made 3', 'used 2', 'closed', 'used 3'])
})

it('closes its source when its user stops', async () => {
  const events: string[] = []
  for await (const value of readAhead(numbers(3, events))) if (value === 1) break
  expect(events).toEqual(['made 1', 'made 2', 'closed'])
})
