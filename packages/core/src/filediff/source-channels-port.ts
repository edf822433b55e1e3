import type { DataChannel } from './data-channel.js'

/** Starts source processes. Each channel is a connection of its own; what suits the network is learned from the first one. */
export interface SourceChannels {
  /** Errors: those of `RemoteHost`, and whatever the system's ssh says, on the error output of the channel. */
  open(words: readonly string[]): Promise<DataChannel>
  /** Whether somebody should tell how long an answer takes. */
  needsRoundTrip(): boolean
  learnRoundTrip(milliseconds: number): void
  /** Whether the way is so long that `openWide` is worth its time where much is to come. */
  mayWiden(): boolean
  /** A channel on which much may be under way at once. Errors: as `open`; no more of them are worth trying after one. */
  openWide(words: readonly string[], signal: AbortSignal): Promise<DataChannel>
}

/** Channels of one kind. */
export function plainChannels(open: SourceChannels['open']): SourceChannels {
  return { open, needsRoundTrip: () => false, learnRoundTrip: () => undefined, mayWiden: () => false, openWide: open }
}
