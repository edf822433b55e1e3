import { decodeAttributes, encodeAttributes } from '@lustrebackup/core/filediff/attributes-codec'
import * as codec from '@lustrebackup/core/filediff/codec'
import { type Frame, FrameReader } from '@lustrebackup/core/filediff/frame-reader'
import { expect } from 'vitest'
import type { Random } from '../support/random.js'
import { clearly, type Subject } from '../support/subject.js'

const { FRAME } = codec
const file = { mode: 0o644, uid: 1, gid: 2, size: 2n ** 50n, mtimeNs: -5n, ctimeNs: 7n, ino: 9n }
const digest = Buffer.alloc(32, 7)
const xattrs = [
  { name: Buffer.from('user.a'), value: Buffer.from('x'.repeat(100)) },
  { name: Buffer.from('user.empty'), value: Buffer.alloc(0) },
]
const FROM_SOURCE = Buffer.concat([
  codec.encodeSourceHello({ file, bounds: { start: 0n, end: file.size } }),
  encodeAttributes(xattrs)!,
  codec.encodeRun(FRAME.same, { first: 0n, count: 3n }),
  codec.encodeRun(FRAME.zero, { first: 3n, count: 1n }),
  codec.encodeDataHead(4n, digest.subarray(0, 16), 100),
  Buffer.alloc(100, 1),
  codec.encodeRangeEnd({ start: 0n, end: 5n, digest }),
  codec.encodeError(FRAME.sourceError, { code: 'FILEDIFF_X', message: 'why' }),
])
const FROM_TARGET = Buffer.concat([
  codec.encodeTargetHello({ checksum: 'xxh128', blockSize: 4096, windowBytes: 65536, pendingLimit: 8 }),
  codec.encodeRange({ start: 0n, end: 5n }),
  codec.encodeDigests(0n, Buffer.alloc(48), 'xxh128'),
  codec.encodeRun(FRAME.void, { first: 3n, count: 1n }),
  codec.encodeCredit(4096),
  codec.encodeFrame(FRAME.bye, Buffer.alloc(0)),
  codec.encodeError(FRAME.targetError, { code: 'FILEDIFF_X', message: 'why' }),
])

const DECODERS: ReadonlyMap<number, (payload: Buffer) => unknown> = new Map<number, (payload: Buffer) => unknown>([
  [FRAME.sourceHello, codec.decodeSourceHello],
  [FRAME.attributes, decodeAttributes],
  [FRAME.same, codec.decodeRun],
  [FRAME.zero, codec.decodeRun],
  [FRAME.rangeEnd, codec.decodeRangeEnd],
  [FRAME.sourceError, codec.decodeError],
  [FRAME.targetHello, codec.decodeTargetHello],
  [FRAME.range, codec.decodeRange],
  [FRAME.digests, (payload) => codec.decodeDigests(payload, 'xxh128')],
  [FRAME.void, codec.decodeRun],
  [FRAME.credit, codec.decodeCredit],
  [FRAME.targetError, codec.decodeError],
])

/** What comes over the wire of filediff, frame by frame. */
export const frameSubjects: readonly Subject[] = [
  frameSubject('filediff frames of a source', FROM_SOURCE, codec.FROM_SOURCE),
  frameSubject('filediff frames of a target', FROM_TARGET, codec.FROM_TARGET),
]

function frameSubject(name: string, valid: Buffer, limits: ReadonlyMap<number, number>): Subject {
  return {
    name,
    form: 'bytes',
    seeds: [valid],
    check(input, random, isValid) {
      const whole = readFrames([input], limits)
      expect(readFrames(cut(input, random), limits)).toEqual(whole)
      if (isValid) expect(whole.isWhole).toBe(true)
      for (const { type, payload } of whole.frames) {
        const decoded = clearly(() => DECODERS.get(type)?.(payload))
        if (isValid) expect(decoded).not.toBeNull()
      }
    },
  }
}

function readFrames(chunks: readonly Buffer[], limits: ReadonlyMap<number, number>) {
  const frames: Frame[] = []
  const reader = new FrameReader(limits, (type, bytes) => {
    expect(bytes).toBeLessThanOrEqual(limits.get(type)!)
    return Buffer.alloc(bytes)
  })
  const read = clearly(() => {
    for (const chunk of chunks) for (const frame of reader.push(chunk)) frames.push(frame)
    reader.end()
  })
  return { frames, isWhole: read !== null }
}

function cut(input: Buffer, random: Random): Buffer[] {
  const at = random.below(input.length + 1)
  const then = at + random.below(input.length - at + 1)
  return [input.subarray(0, at), input.subarray(at, then), input.subarray(then)]
}
