/** What one run found out about the way to the source. */
export interface KnownWay {
  /** There and back. */
  readonly milliseconds: number
  /** Whether a connection of our own can be had. */
  readonly ownConnection: boolean
}

/** What earlier runs found out. It makes a start faster and nothing else: whatever goes wrong with it is as if nothing were known. */
export interface WayMemory {
  recall(): KnownWay | null
  remember(way: KnownWay): void
}

/** Knows nothing. */
export const NO_WAY_MEMORY: WayMemory = { recall: () => null, remember: () => undefined }
