/** A 64-bit integer in JSON: a number where JSON holds it exactly (up to 2^53 - 1), otherwise a string of decimal digits. */
export type JsonInt = number | string

export function jsonFromInt(value: bigint): JsonInt {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
}

/** The integer, or null when the value is not an integer in one of the two forms or does not fit into 64 bits. */
export function intFromJson(value: unknown): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null
  if (typeof value !== 'string' || !/^-?[0-9]{1,20}$/.test(value)) return null
  const parsed = BigInt(value)
  return parsed >= -(2n ** 63n) && parsed < 2n ** 64n ? parsed : null
}
