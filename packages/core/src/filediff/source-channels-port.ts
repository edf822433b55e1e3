import type { DataChannel } from './data-channel.js'

/** Starts source processes. Each channel is a connection of its own; what suits the network is learned from the first one. */
export interface SourceChannels {
  /** Errors: those of `RemoteHost`, and whatever the system's ssh says, on the error output of the channel. */
  open(words: readonly string[]): Promise<DataChannel>
  /** Whether somebody should measure how long an answer takes. */
  needsRoundTrip(): boolean
  /** `reopen`: for this round trip there are better channels than the one that is open. */
  learnRoundTrip(milliseconds: number): 'stay' | 'reopen'
}

/** Channels of one kind. */
export function plainChannels(open: SourceChannels['open']): SourceChannels {
  return { open, needsRoundTrip: () => false, learnRoundTrip: () => 'stay' }
}
