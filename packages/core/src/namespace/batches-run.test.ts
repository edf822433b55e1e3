import { expect, it } from 'vitest'
import { type Rest, runByDepth } from './batches-run.js'

/** Batches `depth.number`, each of which goes on for some turns of the event loop; what happens is written down. */
async function run(names: readonly string[], withRest: readonly string[] = [], failing: readonly string[] = []) {
  const events: string[] = []
  let underWay = 0
  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  async function* batches() {
    for (const name of names) yield { name, depth: Number(name.split('.')[0]) }
  }
  async function begin({ name }: { readonly name: string }): Promise<Rest> {
    events.push(`${name} begins beside ${underWay}`)
    underWay += 1
    await turns(3)
    underWay -= 1
    events.push(`${name} ends`)
    if (failing.includes(name)) throw new Error(`${name} failed`)
    if (!withRest.includes(name)) return null
    return async () => {
      await turns(3)
      events.push(`rest of ${name} beside ${underWay}`)
    }
  }
  const outcome = await runByDepth(batches(), begin).then(
    () => 'done',
    (error: Error) => `${error.message} beside ${underWay}`,
  )
  return [...events, outcome]
}

it('begins a second batch of a depth, but none of the next depth', async () => {
  expect(await run(['3.1', '3.2', '2.1'])).toEqual([
    '3.1 begins beside 0',
    '3.2 begins beside 1',
    '3.1 ends',
    '3.2 ends',
    '2.1 begins beside 0',
    '2.1 ends',
    'done',
  ])
})

it('does what is left of a batch while nothing else is under way', async () => {
  expect(await run(['3.1', '3.2', '3.3'], ['3.1', '3.2'])).toEqual([
    '3.1 begins beside 0',
    '3.2 begins beside 1',
    '3.1 ends',
    '3.2 ends',
    'rest of 3.1 beside 0',
    'rest of 3.2 beside 0',
    '3.3 begins beside 0',
    '3.3 ends',
    'done',
  ])
})

it('fails when nothing is under way any more', async () => {
  const events = await run(['3.1', '3.2', '3.3'], [], ['3.1'])
  expect(events.at(-1)).toBe('3.1 failed beside 0')
  expect(events).not.toContain('3.3 begins beside 0')
})
