import { decodeLine, type LineFields, WrongField } from '../parts/line-fields.js'
import { jsonFromInt } from '../types/json-int.js'
import { jsonFromPath } from '../types/path-bytes.js'
import type { CompareEntry, MapNode, PartEntries, PartKind } from './backupmap-types.js'

/**
 * One line of a part, without its newline, as docs/formats/backupmap.md describes it.
 * Lines come from another host: every field is checked, and a field too many is an error like one too few.
 */
export function encodeEntry<K extends PartKind>(kind: K, entry: PartEntries[K]): string {
  return JSON.stringify((ENCODERS[kind] as (entry: PartEntries[K]) => object)(entry))
}

/** The entry, or in words what is wrong with the line. */
export function decodeEntry<K extends PartKind>(kind: K, line: string): PartEntries[K] | { readonly wrong: string } {
  return decodeLine(line, DECODERS[kind] as (fields: LineFields) => PartEntries[K])
}

const ENCODERS: { readonly [K in PartKind]: (entry: PartEntries[K]) => object } = {
  remove: ({ fid, path, type, tree }) => ({ fid, path: jsonFromPath(path), type, tree }),
  move: ({ fid, path, type, to }) => ({ fid, path: jsonFromPath(path), type, to: jsonFromPath(to) }),
  mkdir: (entry) => ({ ...encodeNode(entry), created: entry.created }),
  place: ({ fid, path, type, from }) => ({ fid, path: jsonFromPath(path), type, from: jsonFromPath(from) }),
  link: ({ fid, path, type, to }) => ({ fid, path: jsonFromPath(path), type, to: jsonFromPath(to) }),
  data: (entry) => ({ ...encodeNode(entry), created: entry.created, links: entry.links.map(jsonFromPath) }),
  attr: encodeNode,
  compare: encodeCompare,
  hardlink: (entry) => ({ ...encodeNode(entry), links: entry.links.map(jsonFromPath), same: entry.same, complete: entry.complete }),
  unreachable: ({ fid, folder }) => ({ fid, folder: folder === null ? null : jsonFromPath(folder) }),
  recheck: ({ fid }) => ({ fid }),
  opener: ({ fid, uid, gid, flags, openCount, since }) => ({ fid, uid, gid, flags, openCount, since }),
}

const DECODERS: { readonly [K in PartKind]: (fields: LineFields) => PartEntries[K] } = {
  remove: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), tree: fields.flag('tree') }),
  move: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), to: fields.path('to') }),
  mkdir: (fields) => ({ ...decodeNode(fields), created: fields.flag('created') }),
  place: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), from: fields.path('from') }),
  link: (fields) => ({ fid: fields.fid(), path: fields.path('path'), type: fields.type(), to: fields.path('to') }),
  data: (fields) => ({ ...decodeNode(fields), created: fields.flag('created'), links: fields.paths('links') }),
  attr: decodeNode,
  compare: decodeCompare,
  hardlink: (fields) => ({
    ...decodeNode(fields),
    links: fields.paths('links'),
    same: fields.flag('same'),
    complete: fields.flag('complete'),
  }),
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

/** The fields of a node as they stand in a line. */
export function encodeNode(node: MapNode) {
  return {
    fid: node.fid,
    path: jsonFromPath(node.path),
    type: node.type,
    mode: node.mode.toString(8).padStart(4, '0'),
    uid: node.uid,
    gid: node.gid,
    size: jsonFromInt(node.size),
    mtimeNs: jsonFromInt(node.mtimeNs),
    nlink: node.nlink,
    rdev: node.rdev,
    acl: node.acl?.toString('base64') ?? null,
    defaultAcl: node.defaultAcl?.toString('base64') ?? null,
    released: node.released,
  }
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
    mtimeNs: fields.int('mtimeNs', -(2n ** 63n)),
    nlink: fields.count('nlink'),
    rdev: fields.rdev(),
    acl: fields.bytes('acl'),
    defaultAcl: fields.bytes('defaultAcl'),
    released: fields.flag('released'),
  }
}

function encodeCompare(entry: CompareEntry): object {
  switch (entry.kind) {
    case 'directory':
      return { kind: entry.kind, fid: entry.fid, path: jsonFromPath(entry.path) }
    case 'entry':
      return { kind: entry.kind, ...encodeNode(entry.node), same: entry.same }
    case 'end':
      return { kind: entry.kind, path: jsonFromPath(entry.path), entryCount: entry.entryCount }
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
