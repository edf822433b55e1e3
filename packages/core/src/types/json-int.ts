/** A 64-bit integer in JSON: a number where JSON holds it exactly (up to 2^53 - 1), otherwise a string of decimal digits. */
export type JsonInt = number | string

const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER)
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER)

const DIGITS = /^-?[0-9]{1,20}$/
const LEAST = -(2n ** 63n)
const MOST = 2n ** 64n - 1n

export function jsonFromInt(value: bigint): JsonInt {
  return value >= SAFE_MIN && value <= SAFE_MAX ? Number(value) : value.toString()
}

/** `jsonFromInt` as JSON text. */
export function jsonTextOfInt(value: bigint): string {
  return value >= SAFE_MIN && value <= SAFE_MAX ? value.toString() : `"${value}"`
}

/** The integer, or null when the value is not an integer in one of the two forms or does not fit into 64 bits. */
export function intFromJson(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null
  if (typeof value !== 'string' || !DIGITS.test(value)) return null
  const parsed = BigInt(value)
  return parsed >= LEAST && parsed <= MOST ? parsed : null
}
