import { decodeLine, type LineFields, WrongField } from '../parts/line-fields.js'
import type { Fid } from '../types/fid.js'
import { jsonTextOfInt } from '../types/json-int.js'
import { jsonTextOfPath } from '../types/path-bytes.js'
import type { CompareEntry, EntryType, MapNode, PartEntries, PartKind } from './backupmap-types.js'

/**
 * One line of a part, without its newline, as docs/formats/backupmap.md describes it.
 * Lines come from another host: every field is checked, and a field too many is an error like one too few.
 */
export function encodeEntry<K extends PartKind>(kind: K, entry: PartEntries[K]): string {
  return `{${(ENCODERS[kind] as (entry: PartEntries[K]) => string)(entry)}}`
}

/** The entry, or in words what is wrong with the line. */
export function decodeEntry<K extends PartKind>(kind: K, line: string): PartEntries[K] | { readonly wrong: string } {
  return decodeLine(line, DECODERS[kind] as (fields: LineFields) => PartEntries[K])
}

/** The fields as JSON text: for millions of lines an object that is stringified would cost more than all that leads to it. */
const ENCODERS: { readonly [K in PartKind]: (entry: PartEntries[K]) => string } = {
  remove: ({ fid, path, type, tree }) => `${placeText(fid, path, type)},"tree":${tree}`,
  move: ({ fid, path, type, to }) => `${placeText(fid, path, type)},"to":${jsonTextOfPath(to)}`,
  mkdir: (entry) => `${nodeText(entry)},"created":${entry.created}`,
  place: ({ fid, path, type, from }) => `${placeText(fid, path, type)},"from":${jsonTextOfPath(from)}`,
  link: ({ fid, path, type, to }) => `${placeText(fid, path, type)},"to":${jsonTextOfPath(to)}`,
  data: (entry) => `${nodeText(entry)},"created":${entry.created},"links":${pathsText(entry.links)}`,
  attr: nodeText,
  compare: compareText,
  hardlink: (entry) => `${nodeText(entry)},"links":${pathsText(entry.links)},"same":${entry.same},"complete":${entry.complete}`,
  unreachable: ({ fid, folder }) => `"fid":"${fid}","folder":${folder === null ? null : jsonTextOfPath(folder)}`,
  recheck: ({ fid }) => `"fid":"${fid}"`,
  opener: ({ fid, uid, gid, flags, openCount, since }) =>
    `"fid":"${fid}","uid":${uid},"gid":${gid},"flags":${flags},"openCount":${openCount},"since":${since}`,
}

const DECODERS: { readonly [K in PartKind]: (fields: LineFields) => PartEntries[K] } = {
  remove: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), tree: fields.flag('tree') }),
  move: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), to: fields.path('to') }),
  mkdir: (fields) => withFields(decodeNode(fields), { created: fields.flag('created') }),
  place: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), from: fields.path('from') }),
  link: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), to: fields.path('to') }),
  data: (fields) => withFields(decodeNode(fields), { created: fields.flag('created'), links: fields.paths('links') }),
  attr: decodeNode,
  compare: decodeCompare,
  hardlink: (fields) =>
    withFields(decodeNode(fields), { links: fields.paths('links'), same: fields.flag('same'), complete: fields.flag('complete') }),
  unreachable: (fields) => ({ fid: fields.fid(), folder: fields.pathOrNull('folder') }),
  recheck: (fields) => ({ fid: fields.fid() }),
  opener: (fields) => ({
    fid: fields.fid(),
    uid: fields.count('uid'),
    gid: fields.count('gid'),
    flags: fields.count('flags'),
    openCount: fields.count('openCount'),
    since: fields.count('since'),
  }),
}

function placeText(fid: Fid, path: Buffer, type: EntryType): string {
  return `"fid":"${fid}","path":${jsonTextOfPath(path)},"type":"${type}"`
}

function pathsText(paths: readonly Buffer[]): string {
  return `[${paths.map((path) => jsonTextOfPath(path)).join(',')}]`
}

/** The fields of a node as JSON text, without the braces. */
export function nodeText(node: MapNode): string {
  const { fid, path, type, mode, uid, gid, size, mtimeNs, nlink, rdev, acl, defaultAcl, released } = node
  return (
    `${placeText(fid, path, type)},"mode":"${modeText(mode)}","uid":${uid},"gid":${gid},"size":${jsonTextOfInt(size)},` +
    `"mtimeNs":${jsonTextOfInt(mtimeNs)},"nlink":${nlink},"rdev":${rdev === null ? null : `[${rdev.join(',')}]`},` +
    `"acl":${base64Text(acl)},"defaultAcl":${base64Text(defaultAcl)},"released":${released}`
  )
}

const MODE_TEXT = Array.from({ length: 0o10000 }, (_, mode) => mode.toString(8).padStart(4, '0'))

/** Permission bits of a mode, in octal. */
export function modeText(mode: number): string {
  return MODE_TEXT[mode]!
}

/** As JSON text. */
export function base64Text(value: Buffer | null): string {
  return value === null ? 'null' : `"${value.toString('base64')}"`
}

const LEAST_TIME_NS = -(2n ** 63n)

/** A new object for the fields of both would take as long as all checks together. */
function withFields<T extends object>(node: MapNode, more: T): MapNode & T {
  return Object.assign(node, more)
}

export function decodeNode(fields: LineFields): MapNode {
  return {
    fid: fields.fid(),
    path: fields.path('path'),
    type: fields.type(),
    mode: fields.mode(),
    uid: fields.count('uid'),
    gid: fields.count('gid'),
    size: fields.int('size', 0n),
    mtimeNs: fields.int('mtimeNs', LEAST_TIME_NS),
    nlink: fields.count('nlink'),
    rdev: fields.rdev(),
    acl: fields.bytes('acl'),
    defaultAcl: fields.bytes('defaultAcl'),
    released: fields.flag('released'),
  }
}

function compareText(entry: CompareEntry): string {
  switch (entry.kind) {
    case 'directory':
      return `"kind":"directory","fid":"${entry.fid}","path":${jsonTextOfPath(entry.path)}`
    case 'entry':
      return `"kind":"entry",${nodeText(entry.node)},"same":${entry.same}`
    case 'end':
      return `"kind":"end","path":${jsonTextOfPath(entry.path)},"entryCount":${entry.entryCount}`
  }
}

function decodeCompare(fields: LineFields): CompareEntry {
  const kind = fields.take('kind')
  switch (kind) {
    case 'directory':
      return { kind, fid: fields.fid(), path: fields.path('path') }
    case 'entry':
      return { kind, node: decodeNode(fields), same: fields.flag('same') }
    case 'end':
      return { kind, path: fields.path('path'), entryCount: fields.count('entryCount') }
    default:
      throw new WrongField('kind', kind, 'directory, entry or end')
  }
}
