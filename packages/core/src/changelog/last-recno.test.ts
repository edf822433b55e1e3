import { expect, it } from 'vitest'
import type { Lustre } from '../lustre/lustre-port.js'
import { lastRecno } from './last-recno.js'
import { OFFSET, RECORD_FIXED_BYTES } from './record-layout.js'

/** A log whose records have these indexes, and how often it was opened. */
function logOf(indexes: readonly bigint[]) {
  let openCount = 0
  const openChangelog: Lustre['openChangelog'] = (_, startRecno) => {
    openCount += 1
    return {
      read: async (buffer) => {
        const index = indexes.find((one) => one >= startRecno)
        if (index === undefined) return 0
        new DataView(buffer.buffer).setBigUint64(OFFSET.index, index, true)
        return RECORD_FIXED_BYTES
      },
      close: () => undefined,
    }
  }
  return { lustre: { openChangelog } as unknown as Lustre, opened: () => openCount }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index))

it.each([
  [[], 0n, null],
  [[5n], 0n, 5n],
  [[5n], 6n, null],
  [range(1, 5000), 1n, 5000n],
  [range(1, 5000), 4999n, 5000n],
  [[...range(1, 10), ...range(900, 2000)], 3n, 2000n],
])('%#', async (indexes, from, last) => {
  const { lustre, opened } = logOf(indexes)
  expect(await lastRecno(lustre, 'x-MDT0000', from)).toBe(last)
  expect(opened()).toBeLessThan(40)
})
