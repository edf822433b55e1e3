import { LustrebackupError } from '@lustrebackup/core/errors/errors'
import type { Random } from './random.js'

/** Something that reads what it cannot trust. */
export interface Subject {
  readonly name: string
  /** Valid inputs, from which others are made by small changes. */
  readonly seeds: readonly Buffer[]
  /** Other texts that lend pieces. */
  readonly pieces?: readonly Buffer[]
  /** What changes know of the form: nothing, that each input is one JSON document, that it is one a line, or that it is words between blanks. */
  readonly form: 'bytes' | 'json' | 'json-lines' | 'words'
  /** Throws anything but a clear error for a finding. A valid input must be accepted; `isValid` says that this one is. */
  check(input: Buffer, random: Random, isValid: boolean): void | Promise<void>
}

/** What `read` gives; null when it ended with an error that was made for a person. Any other error is a finding. */
export function clearly<T>(read: () => T, isClear: (error: unknown) => boolean = isLustrebackupError): { readonly value: T } | null {
  try {
    return { value: read() }
  } catch (error) {
    if (isClear(error)) return null
    throw error
  }
}

/** The same for what takes time. */
export async function clearlyLater<T>(read: () => Promise<T>): Promise<{ readonly value: T } | null> {
  try {
    return { value: await read() }
  } catch (error) {
    if (isLustrebackupError(error)) return null
    throw error
  }
}

function isLustrebackupError(error: unknown): boolean {
  return error instanceof LustrebackupError && error.message.length < MESSAGE_MAX && error.message !== ''
}

/** A longer message shows the input itself rather than what is wrong with it. */
const MESSAGE_MAX = 4096
