import { showValue } from '../errors/show-value.js'
import { type Fid, parseFid } from '../types/fid.js'
import { intFromJson, jsonFromInt } from '../types/json-int.js'
import { jsonFromPath, type PathBytes, pathFromJson } from '../types/path-bytes.js'
import type { CompareEntry, EntryType, MapNode, PartEntries, PartKind } from './backupmap-types.js'

/**
 * One line of a part, without its newline, as docs/formats/backupmap.md describes it.
 * Lines come from another host: every field is checked, and a field too many is an error like one too few.
 */
export function encodeEntry<K extends PartKind>(kind: K, entry: PartEntries[K]): string {
  return JSON.stringify((ENCODERS[kind] as (entry: PartEntries[K]) => object)(entry))
}

/** The entry, or in words what is wrong with the line. */
export function decodeEntry<K extends PartKind>(kind: K, line: string): PartEntries[K] | { readonly wrong: string } {
  try {
    const fields = new Fields(JSON.parse(line))
    const entry = (DECODERS[kind] as (fields: Fields) => PartEntries[K])(fields)
    fields.end()
    return entry
  } catch (error) {
    if (error instanceof WrongField || error instanceof SyntaxError) return { wrong: error.message }
    throw error
  }
}

const ENTRY_TYPES: readonly string[] = ['f', 'd', 'l', 'p', 's', 'c', 'b'] satisfies EntryType[]

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

const DECODERS: { readonly [K in PartKind]: (fields: Fields) => PartEntries[K] } = {
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

function encodeNode(node: MapNode) {
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

function decodeNode(fields: Fields): MapNode {
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

function decodeCompare(fields: Fields): CompareEntry {
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

class WrongField extends Error {
  constructor(name: string, value: unknown, allowed: string) {
    super(`${name} is ${showValue(value)}; allowed: ${allowed}`)
  }
}

/** Takes the fields of one object out, each once, each checked. */
class Fields {
  readonly #fields: Map<string, unknown>

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongField('the line', value, 'a JSON object')
    this.#fields = new Map(Object.entries(value))
  }

  take(name: string): unknown {
    const value = this.#fields.get(name)
    this.#fields.delete(name)
    return value
  }

  end(): void {
    for (const [name, value] of this.#fields) throw new WrongField(name, value, 'nothing: the field is unknown')
  }

  #checked<T>(name: string, parse: (value: unknown) => T | null, allowed: string): T {
    const value = this.take(name)
    const parsed = parse(value)
    if (parsed === null) throw new WrongField(name, value, allowed)
    return parsed
  }

  fid(): Fid {
    return this.#checked('fid', (value) => (typeof value === 'string' ? parseFid(value) : null), 'a FID')
  }

  path(name: string): PathBytes {
    return this.#checked(name, pathFromJson, 'a path beneath the root')
  }

  pathOrNull(name: string): PathBytes | null {
    const value = this.take(name)
    if (value === null) return null
    const path = pathFromJson(value)
    if (path === null) throw new WrongField(name, value, 'null or a path beneath the root')
    return path
  }

  paths(name: string): PathBytes[] {
    const parse = (value: unknown) => {
      if (!Array.isArray(value)) return null
      const paths = value.map(pathFromJson)
      return paths.every((path) => path !== null) ? paths : null
    }
    return this.#checked(name, parse, 'paths beneath the root')
  }

  type(): EntryType {
    const parse = (value: unknown) => (ENTRY_TYPES.includes(value as string) ? (value as EntryType) : null)
    return this.#checked('type', parse, ENTRY_TYPES.join(' '))
  }

  mode(): number {
    const parse = (value: unknown) => (typeof value === 'string' && /^[0-7]{4}$/.test(value) ? Number.parseInt(value, 8) : null)
    return this.#checked('mode', parse, 'four octal digits')
  }

  flag(name: string): boolean {
    return this.#checked(name, (value) => (typeof value === 'boolean' ? value : null), 'true or false')
  }

  count(name: string): number {
    return this.#checked(name, (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null), '0 or more')
  }

  int(name: string, least: bigint): bigint {
    const parse = (value: unknown) => {
      const parsed = intFromJson(value)
      return parsed !== null && parsed >= least ? parsed : null
    }
    return this.#checked(name, parse, `an integer from ${least}`)
  }

  rdev(): readonly [number, number] | null {
    const value = this.take('rdev')
    if (value === null) return null
    const isNumber = (part: unknown) => Number.isSafeInteger(part) && (part as number) >= 0 && (part as number) < 2 ** 32
    if (Array.isArray(value) && value.length === 2 && value.every(isNumber)) return value as unknown as readonly [number, number]
    throw new WrongField('rdev', value, 'null or [major, minor]')
  }

  bytes(name: string): Buffer | null {
    const value = this.take(name)
    if (value === null) return null
    if (typeof value !== 'string') throw new WrongField(name, value, 'null or base64')
    const decoded = Buffer.from(value, 'base64')
    if (decoded.toString('base64') !== value) throw new WrongField(name, value, 'null or base64')
    return decoded
  }
}
