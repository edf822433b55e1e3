import { InvalidArgumentError } from 'commander'
import { decimalNumber, sizeBytes } from '../config/parse-value.js'
import { isQuotable } from '../ssh/remote-words.js'

/** Parsers for values of options: each throws what commander tells as wrong usage. */

/** A whole number that is not negative. */
export function wholeNumber(text: string): number {
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

/** A whole number of bytes of up to 64 bits. */
export function byteCount(text: string): bigint {
  if (!/^[0-9]{1,19}$/.test(text) || BigInt(text) >= 2n ** 63n) throw new InvalidArgumentError('It must be a number of bytes below 2^63.')
  return BigInt(text)
}

/** A share of something, above 0. */
export function percentage(text: string): number {
  const parsed = decimalNumber(0, 100)(text.replace(/ *%$/, ''))
  if (!parsed.ok || parsed.value === 0) throw new InvalidArgumentError('It must be a number above 0 and up to 100.')
  return parsed.value
}

/** Bytes: a number, or one such as 64M, 1G, 1T. */
export function sizeValue(text: string): bigint {
  const parsed = sizeBytes(text)
  if (!parsed.ok) throw new InvalidArgumentError(`It ${parsed.error}.`)
  return parsed.value
}

/** Unix seconds, as in the names of snapshots. */
export function timestamp(text: string): number {
  if (!/^[0-9]{1,12}$/.test(text))
    throw new InvalidArgumentError('It must be a timestamp in unix seconds, as lustrebackup_snapshot_list shows it.')
  return Number(text)
}

/** Several timestamps as arguments of a variadic. */
export function timestamps(text: string, previous: readonly number[] | undefined): number[] {
  return [...(previous ?? []), timestamp(text)]
}

/** A name for a snapshot: what lctl, zfs and a shell all take for one plain word. */
export function snapshotName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(text)) {
    throw new InvalidArgumentError('It must begin with a letter or digit, and hold only letters, digits and _ . : -')
  }
  return text
}

const MAX_DESCRIPTION_BYTES = 1024

/** Free text for a snapshot, which passes several shells on its way to the servers. */
export function description(text: string): string {
  if (!isQuotable(text)) throw new InvalidArgumentError('It must not hold quotes, backslashes, dollar signs and control characters.')
  if (Buffer.byteLength(text) > MAX_DESCRIPTION_BYTES)
    throw new InvalidArgumentError(`It must not be longer than ${MAX_DESCRIPTION_BYTES} bytes.`)
  return text
}

/** The part of a mount point behind the name of the snapshot. */
export function postfix(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(text))
    throw new InvalidArgumentError('It must be 1 to 32 letters, digits, _ or -, with no - or _ in front.')
  return text
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A time such as `90m`, `26h` or `2d`, in seconds. */
export function duration(text: string): number {
  const match = /^([0-9]{1,9})([smhd])$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It must be a number with s, m, h or d behind it, such as 26h.')
  return Number(match[1]) * UNIT_SECONDS[match[2]!]!
}
