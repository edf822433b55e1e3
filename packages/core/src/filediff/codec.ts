import { FilediffError, protocolError } from './filediff-error.js'
import {
  ATTRIBUTES_BYTES_MAX,
  BLOCK_SIZE_MAX,
  type ByteRange,
  CHECKSUMS,
  type Checksum,
  DIGEST_BYTES,
  ERROR_BYTES_MAX,
  FILEDIFF_VERSION,
  HEADER_SIZE_MAX,
  MAGIC,
  type SourceFile,
} from './filediff-types.js'

export const FRAME = {
  sourceHello: 1,
  attributes: 2,
  same: 3,
  zero: 4,
  data: 5,
  rangeEnd: 6,
  sourceError: 7,
  echoed: 8,
  targetHello: 16,
  range: 17,
  digests: 18,
  void: 19,
  credit: 20,
  bye: 21,
  targetError: 22,
  echo: 23,
  leave: 24,
} as const

export const HEADER_BYTES = 8
/** In front of the bytes of a DATA frame, before the digest. */
export const BLOCK_NUMBER_BYTES = 8
/** In front of the digests of a DIGESTS frame. */
export const DIGESTS_HEAD_BYTES = 12

/** Largest payload of each type, by who may send it. */
export const FROM_SOURCE: ReadonlyMap<number, number> = new Map([
  [FRAME.sourceHello, 72],
  [FRAME.attributes, ATTRIBUTES_BYTES_MAX],
  [FRAME.same, 16],
  [FRAME.zero, 16],
  [FRAME.data, BLOCK_NUMBER_BYTES + 64 + BLOCK_SIZE_MAX],
  [FRAME.rangeEnd, 48],
  [FRAME.sourceError, ERROR_BYTES_MAX],
  [FRAME.echoed, 0],
])
export const FROM_TARGET: ReadonlyMap<number, number> = new Map([
  [FRAME.targetHello, 24],
  [FRAME.range, 16],
  [FRAME.digests, HEADER_SIZE_MAX],
  [FRAME.void, 16],
  [FRAME.credit, 4],
  [FRAME.bye, 0],
  [FRAME.targetError, ERROR_BYTES_MAX],
  [FRAME.echo, 0],
  [FRAME.leave, 0],
])

export interface SourceHello {
  readonly file: SourceFile
  /** What this source process may be asked for. */
  readonly bounds: ByteRange
}

export interface TargetHello {
  readonly checksum: Checksum
  readonly blockSize: number
  readonly windowBytes: number
  readonly pendingLimit: number
}

export interface BlockRun {
  readonly first: bigint
  readonly count: bigint
}

export function frameHeader(type: number, payloadBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32LE(payloadBytes, 0)
  header[4] = type
  return header
}

/** A whole frame with one small payload. */
export function encodeFrame(type: number, payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(type, payload.length), payload])
}

export function encodeSourceHello({ file, bounds }: SourceHello): Buffer {
  const payload = Buffer.alloc(72)
  MAGIC.copy(payload)
  payload.writeUInt16LE(FILEDIFF_VERSION, 8)
  payload.writeUInt32LE(file.mode, 12)
  payload.writeUInt32LE(file.uid, 16)
  payload.writeUInt32LE(file.gid, 20)
  payload.writeBigUInt64LE(file.size, 24)
  payload.writeBigInt64LE(file.mtimeNs, 32)
  payload.writeBigInt64LE(file.ctimeNs, 40)
  payload.writeBigUInt64LE(file.ino, 48)
  payload.writeBigUInt64LE(bounds.start, 56)
  payload.writeBigUInt64LE(bounds.end, 64)
  return encodeFrame(FRAME.sourceHello, payload)
}

export function decodeSourceHello(payload: Buffer): SourceHello {
  checkHello(payload, 72, 'source')
  return {
    file: {
      mode: payload.readUInt32LE(12),
      uid: payload.readUInt32LE(16),
      gid: payload.readUInt32LE(20),
      size: payload.readBigUInt64LE(24),
      mtimeNs: payload.readBigInt64LE(32),
      ctimeNs: payload.readBigInt64LE(40),
      ino: payload.readBigUInt64LE(48),
    },
    bounds: { start: payload.readBigUInt64LE(56), end: payload.readBigUInt64LE(64) },
  }
}

export function encodeTargetHello(hello: TargetHello): Buffer {
  const payload = Buffer.alloc(24)
  MAGIC.copy(payload)
  payload.writeUInt16LE(FILEDIFF_VERSION, 8)
  payload.writeUInt16LE(CHECKSUMS.indexOf(hello.checksum) + 1, 10)
  payload.writeUInt32LE(hello.blockSize, 12)
  payload.writeUInt32LE(hello.windowBytes, 16)
  payload.writeUInt32LE(hello.pendingLimit, 20)
  return encodeFrame(FRAME.targetHello, payload)
}

export function decodeTargetHello(payload: Buffer): TargetHello {
  checkHello(payload, 24, 'target')
  const number = payload.readUInt16LE(10)
  const checksum = CHECKSUMS[number - 1]
  if (checksum === undefined) throw protocolError(`the target asks for the unknown hash ${number}`)
  return {
    checksum,
    blockSize: payload.readUInt32LE(12),
    windowBytes: payload.readUInt32LE(16),
    pendingLimit: payload.readUInt32LE(20),
  }
}

function checkHello(payload: Buffer, bytes: number, sender: 'source' | 'target'): void {
  if (payload.length < 10 || !payload.subarray(0, MAGIC.length).equals(MAGIC))
    throw protocolError(`the ${sender} does not begin with a greeting`)
  const version = payload.readUInt16LE(8)
  if (version !== FILEDIFF_VERSION) {
    const message = `the ${sender} speaks version ${version} of the filediff protocol, this side speaks version ${FILEDIFF_VERSION}`
    throw new FilediffError('FILEDIFF_VERSION', message, { hint: 'Install the same version of lustrebackup on both sides.' })
  }
  checkLength(payload, bytes)
}

export function encodeRun(type: number, { first, count }: BlockRun): Buffer {
  return encodeFrame(type, twoNumbers(first, count))
}

export function decodeRun(payload: Buffer): BlockRun {
  const [first, count] = decodeTwoNumbers(payload)
  return { first, count }
}

export function encodeRange({ start, end }: ByteRange): Buffer {
  return encodeFrame(FRAME.range, twoNumbers(start, end))
}

export function decodeRange(payload: Buffer): ByteRange {
  const [start, end] = decodeTwoNumbers(payload)
  return { start, end }
}

function twoNumbers(first: bigint, second: bigint): Buffer {
  const payload = Buffer.alloc(16)
  payload.writeBigUInt64LE(first, 0)
  payload.writeBigUInt64LE(second, 8)
  return payload
}

function decodeTwoNumbers(payload: Buffer): readonly [bigint, bigint] {
  checkLength(payload, 16)
  return [payload.readBigUInt64LE(0), payload.readBigUInt64LE(8)]
}

/** Digests of `digests.length / DIGEST_BYTES` consecutive blocks. */
export function encodeDigests(first: bigint, digests: Uint8Array, checksum: Checksum): Buffer {
  const payload = Buffer.alloc(DIGESTS_HEAD_BYTES + digests.length)
  payload.writeBigUInt64LE(first, 0)
  payload.writeUInt32LE(digests.length / DIGEST_BYTES[checksum], 8)
  payload.set(digests, DIGESTS_HEAD_BYTES)
  return encodeFrame(FRAME.digests, payload)
}

export function decodeDigests(payload: Buffer, checksum: Checksum): { readonly first: bigint; readonly digests: Buffer } {
  if (payload.length < DIGESTS_HEAD_BYTES) throw protocolError('a message with digests is too short')
  checkLength(payload, DIGESTS_HEAD_BYTES + payload.readUInt32LE(8) * DIGEST_BYTES[checksum])
  return { first: payload.readBigUInt64LE(0), digests: payload.subarray(DIGESTS_HEAD_BYTES) }
}

/** The head of a DATA frame; the bytes of the block follow it on the wire. */
export function encodeDataHead(block: bigint, digest: Uint8Array, dataBytes: number): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + BLOCK_NUMBER_BYTES + digest.length)
  head.writeUInt32LE(BLOCK_NUMBER_BYTES + digest.length + dataBytes, 0)
  head[4] = FRAME.data
  head.writeBigUInt64LE(block, HEADER_BYTES)
  head.set(digest, HEADER_BYTES + BLOCK_NUMBER_BYTES)
  return head
}

export interface RangeEnd extends ByteRange {
  readonly digest: Buffer
}

export function encodeRangeEnd({ start, end, digest }: RangeEnd): Buffer {
  return encodeFrame(FRAME.rangeEnd, Buffer.concat([twoNumbers(start, end), digest]))
}

export function decodeRangeEnd(payload: Buffer): RangeEnd {
  checkLength(payload, 48)
  return { ...decodeRange(payload.subarray(0, 16)), digest: Buffer.from(payload.subarray(16)) }
}

export function encodeCredit(bytes: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32LE(bytes, 0)
  return encodeFrame(FRAME.credit, payload)
}

export function decodeCredit(payload: Buffer): number {
  checkLength(payload, 4)
  return payload.readUInt32LE(0)
}

export interface WireError {
  readonly code: string
  readonly message: string
}

export function encodeError(type: number, { code, message }: WireError): Buffer {
  const codeBytes = Buffer.from(code, 'latin1')
  const text = Buffer.from(message, 'utf8').subarray(0, ERROR_BYTES_MAX - 2 - codeBytes.length)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(codeBytes.length, 0)
  return encodeFrame(type, Buffer.concat([length, codeBytes, text]))
}

export function decodeError(payload: Buffer): WireError {
  const codeBytes = payload.length < 2 ? 0 : payload.readUInt16LE(0)
  const code = payload.subarray(2, 2 + codeBytes).toString('latin1')
  if (codeBytes > payload.length - 2 || !/^[A-Z][A-Z0-9_]{2,63}$/.test(code)) throw protocolError('an error message has no code')
  return { code, message: payload.subarray(2 + codeBytes).toString('utf8') }
}

export function checkLength(payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) throw protocolError(`a message has ${payload.length} bytes instead of ${bytes}`)
}
