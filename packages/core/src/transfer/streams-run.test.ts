import { expect, it } from 'vitest'
import { runStreams } from './streams-run.js'

/** Items that take `seconds(streams)` each on a clock of their own; gives how many ran at the same time at each start. */
async function simulate(count: number, limit: number, seconds: (streams: number) => number) {
  let now = 0
  const ends: { at: number; end: () => void }[] = []
  const atOnce: number[] = []
  const work = () =>
    new Promise<void>((resolve) => {
      ends.push({ at: 0, end: resolve })
      atOnce.push(ends.length)
    })
  const context = { limit, signal: new AbortController().signal, elapsedSeconds: () => now }
  let over = false
  const done = runStreams(Array.from({ length: count }), () => 1, work, context).finally(() => {
    over = true
  })
  while (!over) {
    await new Promise(setImmediate)
    for (const item of ends) if (item.at === 0) item.at = now + seconds(ends.length)
    const next = ends.toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined) continue
    now = next.at
    ends.splice(ends.indexOf(next), 1)
    next.end()
  }
  await done
  return { atOnce, now }
}

it('opens more streams while they help', async () => {
  const { atOnce } = await simulate(60, 8, () => 1)
  expect(atOnce[0]).toBe(1)
  expect(Math.max(...atOnce)).toBe(8)
  expect(atOnce).toHaveLength(60)
})

it('goes back to one stream where two are no faster', async () => {
  const { atOnce, now } = await simulate(30, 8, (streams) => streams)
  expect(Math.max(...atOnce)).toBe(2)
  expect(atOnce.filter((count) => count === 2).length).toBeLessThan(4)
  expect(now).toBeLessThan(33)
})

it('stops the others when one fails, and throws its error when they have ended', async () => {
  const events: string[] = []
  const work = async (item: number, signal: AbortSignal) => {
    if (item === 3) throw new Error('broken')
    if (item !== 2) return
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    events.push('2 ended')
  }
  const run = runStreams([1, 2, 3, 4], () => 1, work, { limit: 2, signal: new AbortController().signal, elapsedSeconds: () => 0 })
  await expect(run).rejects.toThrow('broken')
  expect(events).toEqual(['2 ended'])
})

it('ends when it is asked to', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const work = async (item: number) => {
    seen.push(item)
    if (item === 2) stop.abort(new Error('asked'))
  }
  const run = runStreams([1, 2, 3], () => 1, work, { limit: 1, signal: stop.signal, elapsedSeconds: () => 0 })
  await expect(run).rejects.toThrow('asked')
  expect(seen).toEqual([1, 2])
})
