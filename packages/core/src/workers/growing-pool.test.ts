import { expect, it } from 'vitest'
import { growingPool } from './growing-pool.js'
import { inlinePool } from './inline-pool.js'

/** Jobs that add up what they are given, and say who they are. */
const adding = (name: string) => () => {
  let sum = 0
  return (input: number) => {
    sum += input
    return `${name} ${sum}`
  }
}

function pool() {
  const started: string[] = []
  const grown = growingPool({
    inline: inlinePool(adding('inline'), {}, 1),
    threadCount: 2,
    startThreads: () => {
      started.push('threads')
      return inlinePool(adding('thread'), {}, 2)
    },
    costOf: (input) => input,
    inlineCost: 10,
  })
  return { grown, started }
}

it('does what is little in the calling thread, and hands the rest to threads that it starts once', async () => {
  const { grown, started } = pool()
  expect([await grown.run(4), await grown.run(6), grown.size, started]).toEqual(['inline 4', 'inline 10', 1, []])
  expect(await Promise.all([grown.run(1), grown.run(0), grown.run(3)])).toEqual(['thread 1', 'thread 0', 'thread 4'])
  expect([grown.size, grown.capacity, started]).toEqual([3, 3, ['threads']])
  // Each worker has kept what it was given.
  expect(await Promise.all([0, 1, 2].map((worker) => grown.runOn(worker, 0)))).toEqual(['inline 10', 'thread 4', 'thread 0'])
  await grown.close()
})

it('has one worker and starts none as long as nothing costs much', async () => {
  const { grown, started } = pool()
  for (let times = 0; times < 3; times += 1) await grown.run(0)
  expect([grown.size, grown.capacity, started]).toEqual([1, 3, []])
  expect(() => grown.runOn(1, 0)).toThrow('worker 1')
  await grown.close()
})
