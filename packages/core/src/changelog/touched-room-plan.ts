/** Bytes of memory: of the machine (or of what its administrator allows this process), and what of it nobody uses now. */
export interface MemoryBytes {
  readonly total: number
  readonly available: number
}

export interface MemoryFactors {
  /** Share of all memory; 0 = automatic. */
  readonly userMemoryFactor: number
  /** Share of the memory that is free when the run begins; 0 = automatic. */
  readonly sysMemoryFactor: number
}

const AUTOMATIC_USER = 1 / 16
const AUTOMATIC_SYS = 1 / 4
const AUTOMATIC_BYTES_MAX = 320 * 1024 * 1024
const BYTES_MIN = 1024 * 1024
/** Of a slot of the hash table, while it grows, or while its entries are sorted to be written. */
const SLOT_BYTES = 36
/** It is written when it is so full: the chunk of the log that comes on top still fits. */
const FULL_SHARE = 5 / 8

/** Entries that each of `setCount` touched sets keeps in memory, so that all together stay within what the configuration allows. */
export function planEntriesInMemory(memory: MemoryBytes, factors: MemoryFactors, setCount: number): number {
  const { userMemoryFactor: user, sysMemoryFactor: sys } = factors
  const ofAll = user === 0 ? Math.min(memory.total * AUTOMATIC_USER, AUTOMATIC_BYTES_MAX) : memory.total * user
  const ofFree = memory.available * (sys === 0 ? AUTOMATIC_SYS : sys)
  const slots = Math.max(BYTES_MIN, Math.min(ofAll, ofFree)) / setCount / SLOT_BYTES
  // The table doubles: whatever is more than a power of two would not be used.
  return Math.floor(2 ** Math.floor(Math.log2(slots)) * FULL_SHARE)
}
