import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FID_BYTES, fidAt, packFids, parseFid, ROOT_FID } from './fid.js'
import { intFromJson, jsonFromInt, jsonTextOfInt } from './json-int.js'

it('packs FIDs little-endian and reads them back', () => {
  const fid = fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(0xffffffff), fc.nat(0xffffffff))
    .map(([seq, oid, ver]) => parseFid(`[0x${seq.toString(16)}:0x${oid.toString(16)}:0x${ver.toString(16)}]`)!)
  fc.assert(
    fc.property(fc.array(fid, { minLength: 1, maxLength: 5 }), (fids) => {
      const packed = packFids(fids)
      expect(packed.length).toBe(fids.length * FID_BYTES)
      expect(fids.map((_, index) => fidAt(packed, index))).toEqual(fids)
    }),
  )
  expect(Buffer.from(packFids([ROOT_FID])).toString('hex')).toBe('07000000020000000100000000000000')
})

it.each(['0x1:0x2:0x3', '[0x01:0x2:0x3]', '[0X1:0x2:0x3]', '[0x1:0x2]', '[0x1:0x2:0x100000000]', '[0x1:0x2:0x3] '])(
  'refuses %j',
  (text) => {
    expect(parseFid(text)).toBeNull()
  },
)

it('keeps 64-bit integers exact in JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.maxSafeInteger().map(BigInt)), (value) => {
      expect(intFromJson(JSON.parse(JSON.stringify(jsonFromInt(value))))).toBe(value)
      expect(jsonTextOfInt(value)).toBe(JSON.stringify(jsonFromInt(value)))
    }),
  )
})

it.each([1.5, '1.5', '', 'x', 2 ** 60, '18446744073709551616', null])('refuses the integer %j', (value) => {
  expect(intFromJson(value)).toBeNull()
})
