/**
 * What is known of a touched FID before it is looked up. The bits of all records, of all MDTs, in any order, are united:
 * the truth is read from the snapshots, the bits only say what is worth looking at.
 */
export const Touched = {
  /** A name of it came or went. */
  namespace: 0x1,
  /** Its data may have changed. */
  data: 0x2,
  /** Its attributes may have changed. */
  meta: 0x4,
  /** A record says that it was made: S0 does not have it. */
  created: 0x8,
  /** A record says that its last link is gone: S1 does not have it. */
  lastLinkGone: 0x10,
  /** Carried over from the last interval, to be compared by data version. */
  recheck: 0x20,
  /** Open for writing at the end of the interval. */
  opener: 0x40,
  /** Found by walking a directory that entered or left the backed-up area. */
  walked: 0x80,
  /** The target does not have it as it should: sent whatever the snapshots say. */
  owed: 0x100,
} as const

/** 32-bit words of a FID, of an entry of the touched set (FID, bits), of a migration (old FID, new FID), of an opener. */
export const FID_WORDS = 4
export const TOUCHED_WORDS = 5
export const MIGRATION_WORDS = 8
/** FID, uid, gid, flags, as a signed number opens minus closes, and the last record. */
export const OPENER_WORDS = 10
