import fc from 'fast-check'
import { expect, it } from 'vitest'
import { orderByFid } from './order-by-fid.js'

const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }))
const entry = fc.tuple(word, word, word, word, fc.nat(7))

it('orders by sequence, object and version, and keeps equal FIDs in their order', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60, size: 'max' }), (entries) => {
      const keyOf = ([low, high, oid, version]: readonly number[]) => [high, low, oid, version] as number[]
      const expected = [...entries.keys()].toSorted((a, b) => {
        const [left, right] = [keyOf(entries[a]!), keyOf(entries[b]!)]
        const differ = left.findIndex((value, index) => value !== right[index])
        return differ === -1 ? 0 : left[differ]! - right[differ]!
      })
      expect([...orderByFid(Uint32Array.from(entries.flat()), 5)]).toEqual(expected)
    }),
  )
})
