import { decodeNode, nodeText } from '../backupmap/codec.js'
import { decodeLine, type LineFields } from '../parts/line-fields.js'
import { jsonFromInt } from '../types/json-int.js'
import { type JsonPath, jsonFromPath, pathDepth, pathFromJson, percentDecode } from '../types/path-bytes.js'
import type { VerifyEntries, VerifyKind } from './verification-types.js'

/** One line of a part, without its newline, as docs/formats/verification.md describes it. */
export function encodeVerify<K extends VerifyKind>(kind: K, entry: VerifyEntries[K]): string {
  return (ENCODERS[kind] as (entry: VerifyEntries[K]) => string)(entry)
}

/** The entry, or in words what is wrong with the line: it comes from another host. */
export function decodeVerify<K extends VerifyKind>(kind: K, line: string): VerifyEntries[K] | { readonly wrong: string } {
  return decodeLine(line, DECODERS[kind] as (fields: LineFields) => VerifyEntries[K])
}

const ENCODERS: { readonly [K in VerifyKind]: (entry: VerifyEntries[K]) => string } = {
  entry: (entry) => {
    const { links, complete, target, xattrs } = entry
    const more = { links: links.map(jsonFromPath), complete, target: target === null ? null : jsonFromPath(target), xattrs }
    return `{${nodeText(entry)},${JSON.stringify(more).slice(1)}`
  },
  names: ({ path, names, first, last }) => JSON.stringify({ path: jsonFromPath(path), names: names.map(jsonFromPath), first, last }),
  content: ({ path, size, mtimeNs, checksum, reason }) =>
    JSON.stringify({
      path: jsonFromPath(path),
      size: jsonFromInt(size),
      mtimeNs: jsonFromInt(mtimeNs),
      checksum: checksum?.toString('hex') ?? null,
      reason,
    }),
}

const DECODERS: { readonly [K in VerifyKind]: (fields: LineFields) => VerifyEntries[K] } = {
  entry: (fields) => ({
    ...decodeNode(fields),
    links: fields.paths('links'),
    complete: fields.flag('complete'),
    target: fields.checked('target', (value) => (value === null ? { bytes: null } : bytesOf(value)), 'null or a path').bytes,
    xattrs: fields.checked('xattrs', asXattrs, 'names and values'),
  }),
  names: (fields) => ({
    path: fields.path('path'),
    names: fields.checked('names', asNames, 'names'),
    first: fields.flag('first'),
    last: fields.flag('last'),
  }),
  content: (fields) => ({
    path: fields.path('path'),
    size: fields.int('size', 0n),
    mtimeNs: fields.int('mtimeNs', -(2n ** 63n)),
    checksum: fields.checked('checksum', asChecksum, 'null or hex').bytes,
    reason: fields.checked('reason', (value) => (value === null || typeof value === 'string' ? { text: value } : null), 'null or a text')
      .text,
  }),
}

function bytesOf(value: unknown): { bytes: Buffer } | null {
  if (typeof value === 'string') return { bytes: Buffer.from(value) }
  const encoded = (value as Exclude<JsonPath, string> | null)?.percent
  const bytes = typeof encoded === 'string' ? percentDecode(encoded) : null
  return bytes && { bytes }
}

function asNames(value: unknown): Buffer[] | null {
  if (!Array.isArray(value)) return null
  const names = value.map(pathFromJson)
  return names.every((name) => name !== null && pathDepth(name) === 1) ? (names as Buffer[]) : null
}

function asChecksum(value: unknown): { bytes: Buffer | null } | null {
  if (value === null) return { bytes: null }
  return typeof value === 'string' && /^([0-9a-f]{2}){8,64}$/.test(value) ? { bytes: Buffer.from(value, 'hex') } : null
}

function asXattrs(value: unknown): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const values = value as Record<string, unknown>
  return Object.values(values).every((text) => typeof text === 'string') ? (values as Record<string, string>) : null
}
