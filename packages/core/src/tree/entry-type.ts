import type { EntryType } from '../backupmap/backupmap-types.js'

const NAMES: Readonly<Record<number, EntryType>> = { 1: 'p', 2: 'c', 4: 'd', 6: 'b', 8: 'f', 10: 'l', 12: 's' }
/** By the four type bits of `st_mode` (`S_IFMT` >> 12), which are also the `d_type` of a directory entry. */
const TYPES: readonly (EntryType | undefined)[] = Array.from({ length: 16 }, (_, type) => NAMES[type])

export function typeOfMode(mode: number): EntryType {
  const type = TYPES[(mode >> 12) & 0o17]
  if (type === undefined) throw new Error(`mode ${mode.toString(8)} has no known type`)
  return type
}

/** Type of a directory entry; null where the file system does not say. */
export function typeOfDirent(type: number): EntryType | null {
  return TYPES[type] ?? null
}
