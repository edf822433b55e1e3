import { createHash } from 'node:crypto'
import { intFromJson, jsonFromInt } from '../types/json-int.js'
import { CHECKSUMS, type Checksum, type SourceIdentity } from './filediff-types.js'

export const KEPT_FORMAT = 'lustrebackup-block-digests'
export const KEPT_VERSION = 1

export const RECORD = { start: 1, digests: 2, void: 3, begin: 4, range: 5, seal: 6 } as const

export const RECORD_HEAD_BYTES = 5
export const RECORD_CHECK_BYTES = 8
export const RECORD_BODY_MAX = 1024 * 1024

/** Blocks of one chunk; a record of digests never crosses its end. */
export const CHUNK_BLOCKS = 4096n

export interface KeptStart {
  readonly blockSize: number
  readonly checksum: Checksum
}

export interface KeptBegin extends SourceIdentity {
  /** Where the source file was read; a snapshot's mount point tells which snapshot. */
  readonly source: string
  /** Blocks from here on are forgotten. */
  readonly validBlocks: bigint
}

/** What the target file's inode said after its data were flushed. */
export interface KeptSeal {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
  /** null = not on Lustre. */
  readonly dataVersion: bigint | null
  /** Whether the whole transfer was finished. */
  readonly finished: boolean
}

export function encodeRecord(position: number, type: number, body: Uint8Array): Buffer {
  const record = Buffer.alloc(RECORD_HEAD_BYTES + body.length + RECORD_CHECK_BYTES)
  record.writeUInt32LE(body.length, 0)
  record[4] = type
  record.set(body, RECORD_HEAD_BYTES)
  record.set(recordCheck(position, type, body), RECORD_HEAD_BYTES + body.length)
  return record
}

/** Depends on the place of the record, so that a piece of an older log is never taken for a continuation. */
export function recordCheck(position: number, type: number, body: Uint8Array): Buffer {
  const place = Buffer.alloc(9)
  place.writeBigUInt64LE(BigInt(position), 0)
  place[8] = type
  return createHash('sha256').update(place).update(body).digest().subarray(0, RECORD_CHECK_BYTES)
}

export function encodeStart(start: KeptStart): Buffer {
  return Buffer.from(JSON.stringify({ format: KEPT_FORMAT, version: KEPT_VERSION, ...start }))
}

/** null = not a log of this version. */
export function decodeStart(body: Buffer): KeptStart | null {
  const value = parseObject(body)
  if (value === null || value.format !== KEPT_FORMAT || value.version !== KEPT_VERSION) return null
  const checksum = CHECKSUMS.find((name) => name === value.checksum)
  if (checksum === undefined || !Number.isSafeInteger(value.blockSize)) return null
  return { checksum, blockSize: value.blockSize as number }
}

export function encodeBegin(begin: KeptBegin): Buffer {
  return Buffer.from(JSON.stringify(begin, bigintToJson))
}

export function decodeBegin(body: Buffer): KeptBegin | null {
  const value = parseObject(body)
  const numbers = integers(value, ['size', 'mtimeNs', 'ctimeNs', 'ino', 'validBlocks'])
  if (numbers === null || typeof value?.source !== 'string') return null
  return { ...numbers, source: value.source }
}

export function encodeSeal(seal: KeptSeal): Buffer {
  return Buffer.from(JSON.stringify(seal, bigintToJson))
}

export function decodeSeal(body: Buffer): KeptSeal | null {
  const value = parseObject(body)
  const numbers = integers(value, ['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev'])
  if (numbers === null || value === null || typeof value.finished !== 'boolean') return null
  const dataVersion = value.dataVersion === null ? null : intFromJson(value.dataVersion)
  if (dataVersion === null && value.dataVersion !== null) return null
  return { ...numbers, dataVersion, finished: value.finished }
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function integers<Key extends string>(value: Record<string, unknown> | null, keys: readonly Key[]): Record<Key, bigint> | null {
  const found: Partial<Record<Key, bigint>> = {}
  for (const key of keys) {
    const number = intFromJson(value?.[key])
    if (number === null) return null
    found[key] = number
  }
  return found as Record<Key, bigint>
}

function bigintToJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? jsonFromInt(value) : value
}
