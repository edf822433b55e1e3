import { LustrebackupError } from '../errors/errors.js'
import { showValue } from '../errors/show-value.js'
import { parseFid } from '../types/fid.js'
import { intFromJson, jsonFromInt } from '../types/json-int.js'
import { jsonFromPath, pathFromJson } from '../types/path-bytes.js'
import {
  BACKUPMAP_FORMAT,
  BACKUPMAP_VERSION,
  DEPTH_PARTS,
  type MapComparison,
  type MapCounts,
  type MapHeader,
  type MapMdt,
  type MapPart,
  PART_FILE,
  type PartKind,
} from './backupmap-types.js'

/** The header as it is written: JSON with 64-bit integers in their JSON form. */
export function formatHeader(header: MapHeader): string {
  const { cursor, ...comparison } = header.comparison
  const plain = { ...header, comparison: { cursor: cursor === null ? null : jsonFromPath(cursor), ...comparison } }
  return `${JSON.stringify(plain, (_, value) => (typeof value === 'bigint' ? jsonFromInt(value) : value), 2)}\n`
}

/** Parses and checks `header.json`; `from` names it in errors. A header comes from another host: nothing in it is believed unchecked. */
export function parseHeader(text: string, from: string): MapHeader {
  try {
    const fields = object(JSON.parse(text), 'the header')
    check(fields.format === BACKUPMAP_FORMAT, 'format', fields.format)
    check(fields.version === BACKUPMAP_VERSION, `version (this software reads ${BACKUPMAP_VERSION})`, fields.version)
    const counts = parseCounts(object(fields.counts, 'counts'))
    const parts = list(fields.parts, 'parts').map(parsePart)
    check(new Set(parts.map((part) => part.file)).size === parts.length, 'parts', 'the same file twice')
    return {
      format: BACKUPMAP_FORMAT,
      version: BACKUPMAP_VERSION,
      software: string(fields.software, 'software'),
      kind: oneOf(fields.kind, ['incremental', 'full'], 'kind'),
      fsname: string(fields.fsname, 'fsname'),
      base: fields.base === null ? null : parseSnapshotName(fields.base, 'base'),
      snapshot: parseSnapshotName(fields.snapshot, 'snapshot'),
      mdts: list(fields.mdts, 'mdts').map(parseMdt),
      roots: parseRoots(object(fields.roots, 'roots')),
      dataPath: string(fields.dataPath, 'dataPath'),
      unproven: list(fields.unproven, 'unproven').map((reason) => string(reason, 'unproven')),
      counts,
      tree: parseTree(object(fields.tree, 'tree')),
      comparison: parseComparison(object(fields.comparison, 'comparison')),
      settings: parseSettings(object(fields.settings, 'settings')),
      parts,
    }
  } catch (error) {
    if (!(error instanceof WrongHeader || error instanceof SyntaxError)) throw error
    throw new LustrebackupError('MAP_HEADER_INVALID', `reading the header of a backupmap, ${from}: ${error.message}`, {
      hint: 'Remove the folder of this map on the source and make it again with lustrebackup_source_map.',
      cause: error,
    })
  }
}

class WrongHeader extends Error {}

function check(condition: boolean, name: string, value: unknown): asserts condition {
  if (!condition) throw new WrongHeader(`${name} is wrong: ${showValue(value)}`)
}

type Fields = Readonly<Record<string, unknown>>

function object(value: unknown, name: string): Fields {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), name, value)
  return value as Fields
}

function list(value: unknown, name: string): readonly unknown[] {
  check(Array.isArray(value) && value.length <= 1_000_000, name, value)
  return value
}

function string(value: unknown, name: string): string {
  check(typeof value === 'string' && value.length <= 65_536, name, value)
  return value
}

function count(value: unknown, name: string): number {
  check(Number.isSafeInteger(value) && (value as number) >= 0, name, value)
  return value as number
}

function int(value: unknown, name: string): bigint {
  const parsed = intFromJson(value)
  check(parsed !== null && parsed >= 0n, name, value)
  return parsed
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  check(allowed.includes(value as T), name, value)
  return value as T
}

function fid(value: unknown, name: string) {
  const parsed = typeof value === 'string' ? parseFid(value) : null
  check(parsed !== null, name, value)
  return parsed
}

function parseSnapshotName(value: unknown, name: string) {
  const fields = object(value, name)
  return { timestamp: count(fields.timestamp, `${name}.timestamp`), snapshotName: string(fields.snapshotName, `${name}.snapshotName`) }
}

function parseMdt(value: unknown): MapMdt {
  const fields = object(value, 'mdts')
  const mdt = string(fields.mdt, 'mdt')
  check(/^MDT[0-9a-f]{4}$/.test(mdt), 'mdt', mdt)
  return {
    mdt,
    startRecno: int(fields.startRecno, 'startRecno'),
    endRecno: int(fields.endRecno, 'endRecno'),
    recordCount: int(fields.recordCount, 'recordCount'),
  }
}

function parseRoots(fields: Fields): MapHeader['roots'] {
  return {
    dataPath: fid(fields.dataPath, 'roots.dataPath'),
    metaBasepath: fields.metaBasepath === null ? null : fid(fields.metaBasepath, 'roots.metaBasepath'),
  }
}

function parseTree(fields: Fields): MapHeader['tree'] {
  return { entryCount: count(fields.entryCount, 'tree.entryCount'), sizeBytes: int(fields.sizeBytes, 'tree.sizeBytes') }
}

function parseComparison(fields: Fields): MapComparison {
  const cursor = fields.cursor === null ? null : pathFromJson(fields.cursor)
  check(fields.cursor === null || cursor !== null, 'comparison.cursor', fields.cursor)
  return {
    cursor,
    cycleStart: count(fields.cycleStart, 'comparison.cycleStart'),
    directoryCount: count(fields.directoryCount, 'comparison.directoryCount'),
    entryCount: count(fields.entryCount, 'comparison.entryCount'),
  }
}

function parseSettings(fields: Fields): MapHeader['settings'] {
  return {
    largefileSizeBytes: int(fields.largefileSizeBytes, 'settings.largefileSizeBytes'),
    hugefileSizeBytes: int(fields.hugefileSizeBytes, 'settings.hugefileSizeBytes'),
  }
}

const COUNT_NAMES = [
  'touched',
  'created',
  'removed',
  'kept',
  'temporary',
  'excluded',
  'failed',
  'moved',
  'data',
  'attributes',
  'unchanged',
] as const satisfies readonly (keyof MapCounts)[]

function parseCounts(fields: Fields): MapCounts {
  const counts = Object.fromEntries(COUNT_NAMES.map((name) => [name, count(fields[name], `counts.${name}`)]))
  const parsed = { ...counts, dataBytes: int(fields.dataBytes, 'counts.dataBytes') } as unknown as MapCounts
  const fates = parsed.created + parsed.removed + parsed.kept + parsed.temporary + parsed.excluded + parsed.failed
  check(fates === parsed.touched, `counts do not add up, there are ${fates} fates: touched`, parsed.touched)
  return parsed
}

const PART_KINDS = [
  'remove',
  'move',
  'mkdir',
  'place',
  'link',
  'data',
  'attr',
  'compare',
  'hardlink',
  'unreachable',
  'recheck',
  'opener',
] as const satisfies readonly PartKind[]

function parsePart(value: unknown): MapPart {
  const fields = object(value, 'parts')
  const kind = oneOf(fields.kind, PART_KINDS, 'kind of a part')
  const file = string(fields.file, 'file of a part')
  check(PART_FILE.test(file), 'file of a part', file)
  const depth = fields.depth === null ? null : count(fields.depth, 'depth of a part')
  check((depth !== null) === DEPTH_PARTS.has(kind), `depth of ${file}`, depth)
  const digest = string(fields.digest, 'digest of a part')
  check(/^[0-9a-f]{64}$/.test(digest), `digest of ${file}`, digest)
  return { kind, file, depth, entryCount: count(fields.entryCount, 'entryCount'), sizeBytes: count(fields.sizeBytes, 'sizeBytes'), digest }
}
