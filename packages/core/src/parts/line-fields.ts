import type { EntryType } from '../backupmap/backupmap-types.js'
import { showValue } from '../errors/show-value.js'
import { type Fid, parseFid } from '../types/fid.js'
import { intFromJson } from '../types/json-int.js'
import { type PathBytes, pathFromJson } from '../types/path-bytes.js'

/** Of the name of a field that should not be there. */
const NAME_SHOWN = 100

const ENTRY_TYPES: readonly string[] = ['f', 'd', 'l', 'p', 's', 'c', 'b'] satisfies EntryType[]

/** The value of one line, or in words what is wrong with it. A field too many is an error like one too few. */
export function decodeLine<T>(line: string, decode: (fields: LineFields) => T): T | { readonly wrong: string } {
  return peekLine(line, (fields) => {
    const value = decode(fields)
    fields.end()
    return value
  })
}

/** The same for whoever wants some of the fields only, of a line that is decoded as a whole elsewhere. */
export function peekLine<T>(line: string, decode: (fields: LineFields) => T): T | { readonly wrong: string } {
  try {
    return decode(new LineFields(JSON.parse(line)))
  } catch (error) {
    if (error instanceof WrongField || error instanceof SyntaxError) return { wrong: error.message }
    throw error
  }
}

/** What is wrong with a line. */
export class WrongField extends Error {
  constructor(name: string, value: unknown, allowed: string) {
    super(`${name} is ${showValue(value)}; allowed: ${allowed}`)
  }
}

/** Takes the fields of the object of one line out, each once, each checked: lines come from another host. */
export class LineFields {
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #taken: string[] = []

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongField('the line', value, 'a JSON object')
    this.#fields = value as Readonly<Record<string, unknown>>
  }

  take(name: string): unknown {
    if (!Object.hasOwn(this.#fields, name)) return undefined
    this.#taken.push(name)
    return this.#fields[name]
  }

  end(): void {
    const names = Object.keys(this.#fields)
    if (names.length === this.#taken.length) return
    const unknown = names.find((name) => !this.#taken.includes(name))!
    throw new WrongField(unknown.slice(0, NAME_SHOWN), this.#fields[unknown], 'nothing: the field is unknown')
  }

  /** A field that `parse` makes a value of; null = it is wrong. */
  checked<T>(name: string, parse: (value: unknown) => T | null, allowed: string): T {
    const value = this.take(name)
    const parsed = parse(value)
    if (parsed === null) throw new WrongField(name, value, allowed)
    return parsed
  }

  fid(): Fid {
    return this.checked('fid', fidFromJson, 'a FID')
  }

  path(name: string): PathBytes {
    return this.checked(name, pathFromJson, 'a path beneath the root')
  }

  pathOrNull(name: string): PathBytes | null {
    const value = this.take(name)
    if (value === null) return null
    const path = pathFromJson(value)
    if (path === null) throw new WrongField(name, value, 'null or a path beneath the root')
    return path
  }

  paths(name: string): PathBytes[] {
    return this.checked(name, pathsFromJson, 'paths beneath the root')
  }

  type(): EntryType {
    const value = this.take('type')
    if (!ENTRY_TYPES.includes(value as string)) throw new WrongField('type', value, ENTRY_TYPES.join(' '))
    return value as EntryType
  }

  mode(): number {
    return this.checked('mode', modeFromJson, 'four octal digits')
  }

  flag(name: string): boolean {
    return this.checked(name, flagFromJson, 'true or false')
  }

  count(name: string): number {
    return this.checked(name, countFromJson, '0 or more')
  }

  int(name: string, least: bigint): bigint {
    const value = this.take(name)
    const parsed = intFromJson(value)
    if (parsed === null || parsed < least) throw new WrongField(name, value, `an integer from ${least}`)
    return parsed
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

// Made once: millions of lines go through these.

const MODE = /^[0-7]{4}$/

function fidFromJson(value: unknown): Fid | null {
  return typeof value === 'string' ? parseFid(value) : null
}

function modeFromJson(value: unknown): number | null {
  return typeof value === 'string' && MODE.test(value) ? Number.parseInt(value, 8) : null
}

function flagFromJson(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

function countFromJson(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null
}

function pathsFromJson(value: unknown): PathBytes[] | null {
  if (!Array.isArray(value)) return null
  const paths: PathBytes[] = []
  for (const one of value) {
    const path = pathFromJson(one)
    if (path === null) return null
    paths.push(path)
  }
  return paths
}
