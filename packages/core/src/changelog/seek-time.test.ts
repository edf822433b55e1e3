import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Lustre } from '../lustre/lustre-port.js'
import { OFFSET, RECORD_FIXED_BYTES } from './record-layout.js'
import { seekTime } from './seek-time.js'

/** A log of bare records from `first` on; `looks` counts how often it was opened. */
function logOf(first: bigint, times: readonly number[]) {
  const log = { looks: 0 }
  const openChangelog: Lustre['openChangelog'] = (_, startRecno) => ({
    read: async (buffer: Uint8Array) => {
      const at = startRecno <= first ? 0 : Number(startRecno - first)
      if (at >= times.length) return 0
      const view = new DataView(buffer.buffer, buffer.byteOffset)
      view.setBigUint64(OFFSET.index, first + BigInt(at), true)
      view.setBigUint64(OFFSET.time, BigInt(times[at]!) << 30n, true)
      return RECORD_FIXED_BYTES
    },
    close: () => {
      log.looks += 1
    },
  })
  return Object.assign(log, { lustre: { openChangelog } as Pick<Lustre, 'openChangelog'> as Lustre })
}

it('never skips a record of the time that is asked for, and reads few older ones', async () => {
  const times = fc.array(fc.nat(3), { maxLength: 200 }).map((gaps) => {
    let seconds = 1000
    return gaps.map((gap) => {
      seconds += gap
      return seconds
    })
  })
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: 1n, max: 10n ** 12n }), times, fc.integer({ min: 990, max: 1700 }), async (first, all, since) => {
      const start = await seekTime(logOf(first, all).lustre, 'src-MDT0000', first, since)
      const wanted = all.findIndex((seconds) => seconds >= since)
      const expected = wanted === -1 ? first + BigInt(Math.max(all.length - 1, 0)) : first + BigInt(Math.max(wanted - 1, 0))
      expect(start).toBe(expected)
    }),
  )
})

it('looks at few records of a long log', async () => {
  const log = logOf(
    5n,
    Array.from({ length: 1_000_000 }, (_, index) => index),
  )
  expect(await seekTime(log.lustre, 'src-MDT0000', 5n, 999_990)).toBe(5n + 999_989n)
  expect(log.looks).toBeLessThan(60)
})
