import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAttributes, encodeAttributes } from './attributes-codec.js'
import {
  decodeCredit,
  decodeDigests,
  decodeError,
  decodeRangeEnd,
  decodeRun,
  decodeSourceHello,
  decodeTargetHello,
  encodeCredit,
  encodeDataHead,
  encodeDigests,
  encodeError,
  encodeRangeEnd,
  encodeRun,
  encodeSourceHello,
  encodeTargetHello,
  FRAME,
  FROM_SOURCE,
  FROM_TARGET,
} from './codec.js'
import { ATTRIBUTES_BYTES_MAX } from './filediff-types.js'
import { FrameReader } from './frame-reader.js'

const HUGE = 2n ** 62n
const HELLO = {
  file: { size: HUGE, mtimeNs: -5n, ctimeNs: 7n, ino: 2n ** 64n - 1n, mode: 0o4755, uid: 4_000_000_000, gid: 1 },
  bounds: { start: 4096n, end: HUGE },
}
const TARGET_HELLO = { checksum: 'blake2b', blockSize: 65536, windowBytes: 1 << 20, pendingLimit: 17 } as const
const DIGEST = Buffer.alloc(32, 9)

/** One frame of each type with its payload read back. */
const FRAMES: readonly (readonly [string, Buffer, ReadonlyMap<number, number>, (payload: Buffer) => unknown, unknown])[] = [
  ['SOURCE_HELLO', encodeSourceHello(HELLO), FROM_SOURCE, decodeSourceHello, HELLO],
  ['TARGET_HELLO', encodeTargetHello(TARGET_HELLO), FROM_TARGET, decodeTargetHello, TARGET_HELLO],
  ['VOID', encodeRun(FRAME.void, { first: 2n ** 50n, count: 2n ** 40n }), FROM_TARGET, decodeRun, { first: 2n ** 50n, count: 2n ** 40n }],
  [
    'RANGE_END',
    encodeRangeEnd({ start: 1n, end: HUGE, digest: DIGEST }),
    FROM_SOURCE,
    decodeRangeEnd,
    { start: 1n, end: HUGE, digest: DIGEST },
  ],
  ['CREDIT', encodeCredit(4_000_000_000), FROM_TARGET, decodeCredit, 4_000_000_000],
  [
    'ERROR',
    encodeError(FRAME.sourceError, { code: 'FILEDIFF_X', message: 'é' }),
    FROM_SOURCE,
    decodeError,
    { code: 'FILEDIFF_X', message: 'é' },
  ],
  [
    'DIGESTS',
    encodeDigests(5n, DIGEST, 'sha256'),
    FROM_TARGET,
    (payload) => decodeDigests(payload, 'sha256'),
    { first: 5n, digests: DIGEST },
  ],
]

function readAll(bytes: Buffer, limits: ReadonlyMap<number, number>, chunkBytes = bytes.length) {
  const reader = new FrameReader(limits)
  const frames = []
  for (let at = 0; at < bytes.length; at += chunkBytes) frames.push(...reader.push(bytes.subarray(at, at + chunkBytes)))
  reader.end()
  return frames
}

it.each(FRAMES)('%s comes back as it was sent', (_name, bytes, limits, decode, value) => {
  const [frame] = readAll(bytes, limits)
  expect(decode(frame!.payload)).toEqual(value)
})

it.each(FRAMES)('%s with a byte more or less is refused', (_name, bytes, limits, decode) => {
  const [frame] = readAll(bytes, limits)
  if (frame!.type === FRAME.sourceError) return
  expect(() => decode(frame!.payload.subarray(0, -1))).toThrow(/filediff stream is broken/)
  expect(() => decode(Buffer.concat([frame!.payload, Buffer.of(0)]))).toThrow(/filediff stream is broken/)
})

it('frames do not depend on the chunks that they come in', () => {
  const bytes = Buffer.concat(FRAMES.filter(([, , limits]) => limits === FROM_TARGET).map(([, frame]) => frame))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: bytes.length }), (chunkBytes) => {
      expect(readAll(bytes, FROM_TARGET, chunkBytes)).toEqual(readAll(bytes, FROM_TARGET))
    }),
  )
})

describe('what is refused before anything is allocated', () => {
  const allocated: number[] = []
  const reader = () =>
    new FrameReader(FROM_SOURCE, (_type, bytes) => {
      allocated.push(bytes)
      return Buffer.alloc(bytes)
    })

  it.each([
    ['a length beyond the limit of the type', Buffer.from([17, 0, 0, 0, FRAME.same, 0, 0, 0])],
    ['4 GiB', Buffer.from([255, 255, 255, 255, FRAME.data, 0, 0, 0])],
    ['a type that does not exist', Buffer.from([0, 0, 0, 0, 99, 0, 0, 0])],
    ["the other side's type", Buffer.from([16, 0, 0, 0, FRAME.range, 0, 0, 0])],
    ['padding that is not zero', Buffer.from([16, 0, 0, 0, FRAME.same, 0, 1, 0])],
    ['words of a login shell', Buffer.from('Welcome to node17\n')],
  ])('%s', (_what, bytes) => {
    expect(() => [...reader().push(bytes)]).toThrow(/filediff stream is broken/)
    expect(allocated).toEqual([])
  })
})

it('an end within a frame is an error', () => {
  for (const bytes of [1, 8, 12]) {
    const reader = new FrameReader(FROM_SOURCE)
    const cut = [...reader.push(encodeDataHead(1n, DIGEST, 100).subarray(0, bytes))]
    expect(cut).toEqual([])
    expect(() => reader.end()).toThrow(/ends within a message/)
  }
})

it('another version is named, and so is this one', () => {
  const payload = encodeSourceHello(HELLO).subarray(8)
  payload.writeUInt16LE(2, 8)
  expect(() => decodeSourceHello(payload)).toThrow(/version 2 .* version 1/)
})

describe('extended attributes', () => {
  const xattr = fc.record({
    name: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes.map((byte) => byte || 1))),
    value: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  })

  it('come back sorted', () => {
    fc.assert(
      fc.property(fc.uniqueArray(xattr, { selector: ({ name }) => name.toString('hex') }), (xattrs) => {
        const frame = encodeAttributes(xattrs)!
        expect(decodeAttributes(frame.subarray(8))).toEqual(xattrs.toSorted((a, b) => a.name.compare(b.name)))
      }),
    )
  })

  it('that are cut anywhere are refused, or fewer', () => {
    const payload = encodeAttributes([
      { name: Buffer.from('user.a'), value: Buffer.alloc(3) },
      { name: Buffer.from('user.b'), value: Buffer.alloc(3) },
    ])!.subarray(8)
    for (let bytes = 1; bytes < payload.length; bytes += 1) {
      if (bytes === payload.length / 2) expect(decodeAttributes(payload.subarray(0, bytes))).toHaveLength(1)
      else expect(() => decodeAttributes(payload.subarray(0, bytes))).toThrow(/extended attributes are cut/)
    }
  })

  it('that are too long are not sent', () => {
    expect(encodeAttributes([{ name: Buffer.from('user.a'), value: Buffer.alloc(ATTRIBUTES_BYTES_MAX) }])).toBeNull()
  })
})
