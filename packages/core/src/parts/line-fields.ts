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
    return this.checked('fid', (value) => (typeof value === 'string' ? parseFid(value) : null), 'a FID')
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
    const parse = (value: unknown) => {
      if (!Array.isArray(value)) return null
      const paths = value.map(pathFromJson)
      return paths.every((path) => path !== null) ? paths : null
    }
    return this.checked(name, parse, 'paths beneath the root')
  }

  type(): EntryType {
    const value = this.take('type')
    if (!ENTRY_TYPES.includes(value as string)) throw new WrongField('type', value, ENTRY_TYPES.join(' '))
    return value as EntryType
  }

  mode(): number {
    const parse = (value: unknown) => (typeof value === 'string' && /^[0-7]{4}$/.test(value) ? Number.parseInt(value, 8) : null)
    return this.checked('mode', parse, 'four octal digits')
  }

  flag(name: string): boolean {
    return this.checked(name, (value) => (typeof value === 'boolean' ? value : null), 'true or false')
  }

  count(name: string): number {
    return this.checked(name, (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null), '0 or more')
  }

  int(name: string, least: bigint): bigint {
    const parse = (value: unknown) => {
      const parsed = intFromJson(value)
      return parsed !== null && parsed >= least ? parsed : null
    }
    return this.checked(name, parse, `an integer from ${least}`)
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
