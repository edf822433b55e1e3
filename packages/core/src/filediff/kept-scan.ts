import { fstatSync, readSync } from 'node:fs'
import { RECORD_BODY_MAX, RECORD_CHECK_BYTES, RECORD_HEAD_BYTES, recordCheck } from './kept-codec.js'

export interface KeptRecord {
  readonly type: number
  readonly body: Buffer
  /** Where the body begins in the log. */
  readonly position: number
}

/** The records of a log, as far as they are whole. The place after the last one comes back. */
export function* scanRecords(fd: number): Generator<KeptRecord, number> {
  const size = fstatSync(fd).size
  const head = Buffer.alloc(RECORD_HEAD_BYTES)
  let at = 0
  while (at + RECORD_HEAD_BYTES + RECORD_CHECK_BYTES <= size) {
    readAll(fd, head, at)
    const length = head.readUInt32LE(0)
    const next = at + RECORD_HEAD_BYTES + length + RECORD_CHECK_BYTES
    if (length > RECORD_BODY_MAX || next > size) return at
    const rest = readAll(fd, Buffer.alloc(length + RECORD_CHECK_BYTES), at + RECORD_HEAD_BYTES)
    const body = rest.subarray(0, length)
    const type = head[4]!
    if (!recordCheck(at, type, body).equals(rest.subarray(length))) return at
    yield { type, body, position: at + RECORD_HEAD_BYTES }
    at = next
  }
  return at
}

export function readAll(fd: number, bytes: Buffer, position: number): Buffer {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, position + at)
    if (count === 0) throw new Error(`the file ends at ${position + at}`)
    at += count
  }
  return bytes
}
