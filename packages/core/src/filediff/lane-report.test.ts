import { expect, it } from 'vitest'
import { LaneReport } from './lane-report.js'
import type { LaneEvent } from './lane-types.js'

function open() {
  const batches: (readonly LaneEvent[])[] = []
  return { batches, report: new LaneReport((events) => batches.push(events)) }
}

const digest = (value: number) => Buffer.alloc(16, value)

it('joins neighbouring blocks, in the order of everything else', () => {
  const { batches, report } = open()
  report.data(5n, digest(1), 4096)
  report.data(6n, digest(2), 4096)
  report.data(8n, digest(3), 100)
  report.answered(3)
  report.add({ kind: 'ended' })
  report.flush()
  expect(batches).toEqual([
    [
      { kind: 'data', first: 5n, digests: new Uint8Array(Buffer.concat([digest(1), digest(2)])), bytes: 8192n },
      { kind: 'data', first: 8n, digests: new Uint8Array(digest(3)), bytes: 100n },
      { kind: 'ended' },
      { kind: 'answered', count: 3 },
    ],
  ])
})

it.each([
  [65536, 65536],
  [65536, 4096],
  [2 ** 26, 262144],
])('tells before a source with a window of %i bytes could wait for credit for a block of %i bytes', (windowBytes, blockSize) => {
  const { batches, report } = open()
  let untold = 0
  for (let block = 0n; block < 1000n; block += 1n) {
    report.data(block, digest(1), blockSize)
    untold += blockSize
    const before = batches.length
    report.flushIfDue({ windowBytes, pendingLimit: 1000, blockSize }, false)
    if (batches.length > before) untold = 0
    expect(untold + blockSize).toBeLessThanOrEqual(windowBytes)
  }
})

it('tells everything as soon as no answer is due, and nothing when there is nothing', () => {
  const { batches, report } = open()
  report.flushIfDue({ windowBytes: 65536, pendingLimit: 1000, blockSize: 4096 }, true)
  expect(batches).toHaveLength(0)
  report.answered(1)
  report.flushIfDue({ windowBytes: 65536, pendingLimit: 1000, blockSize: 4096 }, true)
  expect(batches).toEqual([[{ kind: 'answered', count: 1 }]])
})

it('tells that blocks are answered before the target may ask no more', () => {
  const { batches, report } = open()
  const limits = { windowBytes: 65536, pendingLimit: 1000, blockSize: 4096 }
  for (let block = 0; block < 1000; block += 10) {
    report.answered(10)
    report.flushIfDue(limits, false)
  }
  expect(batches).toEqual(Array.from({ length: 4 }, () => [{ kind: 'answered', count: 250 }]))
})
