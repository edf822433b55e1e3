import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.js'

/** Operations that end when the test says so. */
function gates() {
  const open: (() => void)[] = []
  return { open, operation: () => new Promise<void>((resolve) => open.push(resolve)) }
}

describe('InFlight', () => {
  it('makes the producer wait at the limit', async () => {
    const { open, operation } = gates()
    const work = new InFlight(2)
    await work.start(operation)
    await work.start(operation)
    const third = work.start(operation)
    expect(open).toHaveLength(2)
    open[0]!()
    await third
    expect(open).toHaveLength(3)
    for (const end of open) end()
    await work.drain()
    expect(work.isIdle).toBe(true)
  })

  it('gives the first failure to the producer, and waits for the rest', async () => {
    const { open, operation } = gates()
    const work = new InFlight(4)
    await work.start(() => operation().then(() => Promise.reject(new Error('first'))))
    await work.start(operation)
    for (const end of open) end()
    await expect(work.drain()).rejects.toThrow('first')
    expect(work.isIdle).toBe(true)
  })
  it('leaves nothing under way when what starts the operations fails', async () => {
    const { open, operation } = gates()
    const ended: string[] = []
    const run = InFlight.run(4, async (work) => {
      await work.start(() => operation().then(() => void ended.push('first')))
      throw new Error('no more')
    })
    open[0]!()
    await expect(run).rejects.toThrow('no more')
    expect(ended).toEqual(['first'])
  })
})
