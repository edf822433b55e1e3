import { PART_FILE } from '../backupmap/backupmap-types.js'
import { HEADER_FILE } from '../backupmap/map-reader.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import {
  OFFERED_PARTS_MAX,
  PROTOCOL_VERSION,
  SENT_MAP_MAX_BYTES,
  type SentFile,
  type SourceAnswer,
  type SourceInit,
  sentBytes,
} from '../source/source-init-types.js'
import { asArray, asBoolean, asCount, asObject, asString } from '../state/state-shape.js'

const TEXT_MAX = 8192
export const FSNAME = /^[A-Za-z0-9_-]{1,32}$/
export const SNAPSHOT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$/
export const SHA256 = /^[0-9a-f]{64}$/

/** What the source printed, checked. It comes from another host: nothing is believed unchecked. */
export function parseSourceInit(text: string, host: string): SourceInit {
  return parseAnswer(text, `lustrebackup_source_init on ${host}`, (fields, answer) => ({
    ...answer,
    lastBackup: fields.lastBackup === null ? null : asCount(fields.lastBackup, 'lastBackup'),
    backup: fields.backup === null ? null : parseBackup(asObject(fields.backup, 'backup')),
  }))
}

/** One JSON document that `command` printed, whose protocol is ours. */
export function parseAnswer<T>(
  text: string,
  command: string,
  parse: (fields: Readonly<Record<string, unknown>>, answer: SourceAnswer) => T,
): T {
  try {
    const fields = asObject(JSON.parse(text), 'it')
    return parse(fields, parseFields(fields))
  } catch (error) {
    if (error instanceof LustrebackupError) throw error
    throw new LustrebackupError('SOURCE_ANSWER_INVALID', `reading what ${command} printed: ${reasonOf(error)}`, {
      hint: 'Compare the versions of lustrebackup on both sides, and look for a login script on the source that prints something.',
      cause: error,
    })
  }
}

function parseFields(fields: Readonly<Record<string, unknown>>): SourceAnswer {
  if (fields.protocol !== PROTOCOL_VERSION) throw otherProtocol(fields)
  return {
    protocol: PROTOCOL_VERSION,
    version: textOf(fields.version, 'version'),
    fsname: wordOf(fields.fsname, 'fsname', FSNAME),
  }
}

function parseBackup(fields: Readonly<Record<string, unknown>>): NonNullable<SourceInit['backup']> {
  const map = asObject(fields.map, 'map')
  const parts = parseOfferedParts(map.parts, 'map.parts')
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: wordOf(fields.snapshotName, 'snapshotName', SNAPSHOT_NAME),
    mountPoint: absoluteOf(fields.mountPoint, 'mountPoint'),
    dataPath: textOf(fields.dataPath, 'dataPath'),
    map: {
      path: absoluteOf(map.path, 'map.path'),
      headerDigest: wordOf(map.headerDigest, 'map.headerDigest', SHA256),
      parts,
      files: parseFiles(map.files, parts),
    },
    resumed: asBoolean(fields.resumed, 'resumed'),
  }
}

/** Left out by versions that do not offer them. */
export function parseOfferedParts(value: unknown, what: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > OFFERED_PARTS_MAX) throw new Error(`${what} is no list of at most ${OFFERED_PARTS_MAX} names`)
  return value.map((name) => wordOf(name, `a name in ${what}`, PART_FILE))
}

/** Header and parts of a small map; left out by versions that do not send them. */
function parseFiles(value: unknown, parts: readonly string[]): readonly SentFile[] {
  if (value === undefined) return []
  const files = asArray(value, 'map.files').map((one): SentFile => {
    const { name, text } = asObject(one, 'a file in map.files')
    return { name: asString(name, 'a name in map.files'), text: asString(text, 'a text in map.files') }
  })
  if (sentBytes(files) > SENT_MAP_MAX_BYTES) throw new Error(`map.files has more than ${SENT_MAP_MAX_BYTES} bytes`)
  const names = [HEADER_FILE, ...parts]
  const isWhole = files.length === names.length && files.every(({ name }, index) => name === names[index])
  if (files.length > 0 && !isWhole) throw new Error('map.files are not the header and map.parts')
  return files
}

export function textOf(value: unknown, what: string): string {
  const parsed = asString(value, what)
  if (parsed.length > TEXT_MAX) throw new Error(`${what} is longer than ${TEXT_MAX} characters`)
  return parsed
}

export function wordOf(value: unknown, what: string, pattern: RegExp): string {
  const parsed = textOf(value, what)
  if (!pattern.test(parsed)) throw new Error(`${what} is ${showValue(parsed)}`)
  return parsed
}

export function absoluteOf(value: unknown, what: string): string {
  const path = wordOf(value, what, /^\/[^\0]*$/)
  if (path.split('/').includes('..')) throw new Error(`${what} holds ..`)
  return path.replace(/\/+$/, '')
}

function otherProtocol(fields: Readonly<Record<string, unknown>>): LustrebackupError {
  const theirs = `protocol ${showValue(fields.protocol)} (lustrebackup ${showValue(fields.version)})`
  return new LustrebackupError('PROTOCOL_MISMATCH', `the source speaks ${theirs}, this target protocol ${PROTOCOL_VERSION}`, {
    hint: 'Install the same version of lustrebackup on both sides.',
  })
}
