import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import { PROTOCOL_VERSION, type SourceInit } from '../source/source-init-types.js'
import { asBoolean, asCount, asObject, asString } from '../state/state-shape.js'

const TEXT_MAX = 8192

/** What the source printed, checked. It comes from another host: nothing is believed unchecked. */
export function parseSourceInit(text: string, host: string): SourceInit {
  try {
    return parseFields(asObject(JSON.parse(text), 'it'))
  } catch (error) {
    if (error instanceof LustrebackupError) throw error
    throw new LustrebackupError('SOURCE_ANSWER_INVALID', `reading what lustrebackup_source_init on ${host} printed: ${reasonOf(error)}`, {
      hint: 'Compare the versions of lustrebackup on both sides, and look for a login script on the source that prints something.',
      cause: error,
    })
  }
}

function parseFields(fields: Readonly<Record<string, unknown>>): SourceInit {
  if (fields.protocol !== PROTOCOL_VERSION) throw otherProtocol(fields)
  return {
    protocol: PROTOCOL_VERSION,
    version: text(fields.version, 'version'),
    fsname: word(fields.fsname, 'fsname', /^[A-Za-z0-9_-]{1,32}$/),
    lastBackup: fields.lastBackup === null ? null : asCount(fields.lastBackup, 'lastBackup'),
    backup: fields.backup === null ? null : parseBackup(asObject(fields.backup, 'backup')),
  }
}

function parseBackup(fields: Readonly<Record<string, unknown>>): NonNullable<SourceInit['backup']> {
  const map = asObject(fields.map, 'map')
  return {
    timestamp: asCount(fields.timestamp, 'timestamp'),
    snapshotName: word(fields.snapshotName, 'snapshotName', /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$/),
    mountPoint: absolute(fields.mountPoint, 'mountPoint'),
    dataPath: text(fields.dataPath, 'dataPath'),
    map: { path: absolute(map.path, 'map.path'), headerDigest: word(map.headerDigest, 'map.headerDigest', /^[0-9a-f]{64}$/) },
    resumed: asBoolean(fields.resumed, 'resumed'),
  }
}

function text(value: unknown, what: string): string {
  const parsed = asString(value, what)
  if (parsed.length > TEXT_MAX) throw new Error(`${what} is longer than ${TEXT_MAX} characters`)
  return parsed
}

function word(value: unknown, what: string, pattern: RegExp): string {
  const parsed = text(value, what)
  if (!pattern.test(parsed)) throw new Error(`${what} is ${showValue(parsed)}`)
  return parsed
}

function absolute(value: unknown, what: string): string {
  const path = word(value, what, /^\/[^\0]*$/)
  if (path.split('/').includes('..')) throw new Error(`${what} holds ..`)
  return path.replace(/\/+$/, '')
}

function otherProtocol(fields: Readonly<Record<string, unknown>>): LustrebackupError {
  const theirs = `protocol ${showValue(fields.protocol)} (lustrebackup ${showValue(fields.version)})`
  return new LustrebackupError('PROTOCOL_MISMATCH', `the source speaks ${theirs}, this target protocol ${PROTOCOL_VERSION}`, {
    hint: 'Install the same version of lustrebackup on both sides.',
  })
}
