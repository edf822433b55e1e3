import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import { CHECKSUMS, type Checksum } from '../filediff/filediff-types.js'
import { asArray, asBoolean, asCount, asFormat, asInt, asObject, asString } from '../state/state-shape.js'
import { FSNAME, SNAPSHOT_NAME, wordOf } from '../target/parse-source-init.js'
import { jsonFromInt } from '../types/json-int.js'
import {
  VERIFICATION_FORMAT,
  VERIFICATION_VERSION,
  VERIFY_KINDS,
  type VerificationHeader,
  type VerifyCounts,
  type VerifyFilter,
  type VerifyPart,
} from './verification-types.js'

/** Any value of this folder as it is written: JSON with 64-bit integers in their JSON form. */
export function plainJson(value: object): object {
  return JSON.parse(JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? jsonFromInt(field) : field))) as object
}

/** Parses and checks `header.json` of a verification; `from` names it in errors. It comes from another host. */
export function parseVerification(text: string, from: string): VerificationHeader {
  try {
    return parseFields(asFormat(JSON.parse(text), VERIFICATION_FORMAT, VERIFICATION_VERSION))
  } catch (error) {
    throw new LustrebackupError('VERIFICATION_HEADER_INVALID', `reading the header of a verification, ${from}: ${reasonOf(error)}`, {
      hint: 'Make the verification again on the source with lustrebackup_source_verify.',
      cause: error,
    })
  }
}

function parseFields(fields: Readonly<Record<string, unknown>>): VerificationHeader {
  const parts = asArray(fields.parts, 'parts').map(parseVerifyPart)
  if (new Set(parts.map(({ file }) => file)).size !== parts.length) throw new Error('parts name a file twice')
  return {
    format: VERIFICATION_FORMAT,
    version: VERIFICATION_VERSION,
    software: asString(fields.software, 'software'),
    fsname: wordOf(fields.fsname, 'fsname', FSNAME),
    start: asCount(fields.start, 'start'),
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: wordOf(fields.snapshotName, 'snapshotName', SNAPSHOT_NAME),
    backups: asArray(fields.backups, 'backups').map((backup) => asCount(backup, 'a backup')),
    whole: asBoolean(fields.whole, 'whole'),
    filter: parseVerifyFilter(fields.filter),
    checksum: asChecksum(fields.checksum),
    startedAt: asCount(fields.startedAt, 'startedAt'),
    finishedAt: asCount(fields.finishedAt, 'finishedAt'),
    counts: parseVerifyCounts(fields.counts),
    parts,
  }
}

export function parseVerifyFilter(value: unknown): VerifyFilter {
  const fields = asObject(value, 'filter')
  return {
    renamedOnly: asBoolean(fields.renamedOnly, 'filter.renamedOnly'),
    modifiedSince: fields.modifiedSince === null ? null : asCount(fields.modifiedSince, 'filter.modifiedSince'),
  }
}

export function asChecksum(value: unknown): Checksum {
  if (!CHECKSUMS.includes(value as Checksum)) throw new Error(`checksum is ${showValue(value)}; known are ${CHECKSUMS.join(', ')}`)
  return value as Checksum
}

export function parseVerifyCounts(value: unknown): VerifyCounts {
  const fields = asObject(value, 'counts')
  const count = (name: keyof VerifyCounts) => asCount(fields[name], `counts.${name}`)
  return {
    entries: count('entries'),
    directories: count('directories'),
    files: count('files'),
    bytes: asInt(fields.bytes, 'counts.bytes', 0n),
    released: count('released'),
    unreadable: count('unreadable'),
    gone: count('gone'),
  }
}

export function parseVerifyPart(value: unknown): VerifyPart {
  const fields = asObject(value, 'a part')
  const kind = VERIFY_KINDS.find((known) => known === fields.kind)
  if (kind === undefined) throw new Error(`kind of a part is ${showValue(fields.kind)}`)
  const file = asString(fields.file, 'file of a part')
  if (!/^[a-z][a-z0-9.-]{0,99}\.ndjson$/.test(file)) throw new Error(`file of a part is ${showValue(file)}`)
  const digest = asString(fields.digest, 'digest of a part')
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new Error(`digest of ${file} is none`)
  return { kind, file, entryCount: asCount(fields.entryCount, 'entryCount'), sizeBytes: asCount(fields.sizeBytes, 'sizeBytes'), digest }
}
