import { PART_FILE } from '../backupmap/backupmap-types.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import { OFFERED_PARTS_MAX, PROTOCOL_VERSION, type SourceAnswer, type SourceInit } from '../source/source-init-types.js'
import { asBoolean, asCount, asObject, asString } from '../state/state-shape.js'

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
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: wordOf(fields.snapshotName, 'snapshotName', SNAPSHOT_NAME),
    mountPoint: absoluteOf(fields.mountPoint, 'mountPoint'),
    dataPath: textOf(fields.dataPath, 'dataPath'),
    map: {
      path: absoluteOf(map.path, 'map.path'),
      headerDigest: wordOf(map.headerDigest, 'map.headerDigest', SHA256),
      parts: parseParts(map.parts),
    },
    resumed: asBoolean(fields.resumed, 'resumed'),
  }
}

/** Left out by versions that do not offer them. */
function parseParts(value: unknown): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > OFFERED_PARTS_MAX)
    throw new Error(`map.parts is no list of at most ${OFFERED_PARTS_MAX} names`)
  return value.map((name) => wordOf(name, 'a name in map.parts', PART_FILE))
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
