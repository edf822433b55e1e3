import { showValue } from '../errors/show-value.js'
import { intFromJson } from '../types/json-int.js'
/** Small checks for `StateParser`: each throws an Error that names the field. */

export function asObject(value: unknown, what = 'the content'): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is not an object`)
  return value as Record<string, unknown>
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is not a list`)
  return value
}

export function asString(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is not a text`)
  return value
}

export function asStringOrNull(value: unknown, what: string): string | null {
  return value === null ? null : asString(value, what)
}

export function asBoolean(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${what} is not true or false`)
  return value
}

/** A whole number that is not negative and that JSON holds exactly. */
export function asCount(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Error(`${what} is not a whole number`)
  return value as number
}

/** A 64-bit integer in its JSON form, not below `least` where that is given. */
export function asInt(value: unknown, what: string, least?: bigint): bigint {
  const parsed = intFromJson(value)
  if (parsed === null || (least !== undefined && parsed < least)) throw new Error(`${what} is not a whole number`)
  return parsed
}

/** The object, when its `format` and `version` are those that this software reads. */
export function asFormat(value: unknown, format: string, version: number): Readonly<Record<string, unknown>> {
  const object = asObject(value)
  if (object.format !== format) throw new Error(`its format is ${showValue(object.format)}, not ${showValue(format)}`)
  if (object.version !== version) throw new Error(`its format version is ${showValue(object.version)}; this software reads ${version}`)
  return object
}
