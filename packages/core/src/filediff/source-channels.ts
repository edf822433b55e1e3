import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import { fastCipherOptions } from '../ssh/fast-ciphers.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { type DataChannel, overPipe } from './data-channel.js'
import { CHANNEL_WINDOW_BYTES } from './range-plan.js'
import type { SourceChannels } from './source-channels-port.js'
import { openSystemSsh, sshArguments } from './system-ssh-channel.js'

export interface SourceChannelsContext {
  readonly config: Config
  readonly exec: Exec
  readonly signal: AbortSignal
  /** A connection of this software's own. */
  connect(): RemoteHost
  /** From which round trip on the way is long; `LONG_ROUND_TRIP_MS` unless told. */
  readonly longRoundTripMs?: number
}

/**
 * The system's ssh lets no more than 2 MiB be under way. From this round trip on that is less than networks carry, and a connection of our own,
 * which costs more processor time, is faster where much is to come.
 */
const LONG_ROUND_TRIP_MS = 5

/** `sshOptions`: further options of the system's ssh, which win over those chosen here; with any, nothing else is used. */
export function createSourceChannels(context: SourceChannelsContext, sshOptions: readonly string[] = []): SourceChannels {
  const { config, exec } = context
  const { sshConfig, commandPath } = config.system
  const settings = { host: config.source.host, sshConfig, options: sshOptions, commandPath }
  const longMs = context.longRoundTripMs ?? LONG_ROUND_TRIP_MS
  const own = new OwnConnections(context, longMs)
  let ciphers: Promise<readonly string[]> | null = null
  let way: 'unknown' | 'short' | 'long' = 'unknown'
  // Only the system's ssh gets through a jump host, or knows what the options ask for.
  let systemOnly = sshOptions.length > 0
  return {
    open: async (words) => {
      if (own.hasIdle && !systemOnly) return own.open(words, context.signal)
      ciphers ??= fastCipherOptions(sshArguments(settings), exec)
      return openSystemSsh({ ...settings, options: [...sshOptions, ...(await ciphers)] }, words)
    },
    needsRoundTrip: () => way === 'unknown' && !systemOnly,
    learnRoundTrip: (milliseconds) => {
      way = milliseconds < longMs ? 'short' : 'long'
    },
    mayWiden: () => way === 'long' && !systemOnly,
    openWide: async (words, signal) => {
      try {
        return await own.open(words, AbortSignal.any([context.signal, signal]))
      } catch (error) {
        if (error instanceof ShortWay) way = 'short'
        else if (!signal.aborted) systemOnly = true
        throw error
      }
    },
  }
}

/** A source process that was busy answered late: the way itself is short, and the channel that is open is the faster one. */
class ShortWay extends Error {
  override readonly name = 'ShortWay'
}

/** Each channel has a connection for itself, which is used again when its command has ended. */
class OwnConnections {
  readonly #idle: RemoteHost[] = []
  /** Those that could not be reached, or were not needed in the end. */
  readonly #unused: RemoteHost[] = []

  constructor(
    private readonly context: SourceChannelsContext,
    private readonly longMs: number,
  ) {}

  get hasIdle(): boolean {
    return this.#idle.length > 0
  }

  async open(words: readonly string[], signal: AbortSignal): Promise<DataChannel> {
    const host = this.#idle.pop() ?? this.#unused.pop() ?? this.context.connect()
    try {
      const roundTripMs = await host.roundTripMs(signal)
      if (roundTripMs < this.longMs) {
        await host.close()
        throw new ShortWay(`an answer takes ${roundTripMs} ms`)
      }
      const channel = await host.open(words, signal, CHANNEL_WINDOW_BYTES)
      void channel.exit.then(() => this.#idle.push(host))
      return overPipe(channel)
    } catch (error) {
      this.#unused.push(host)
      throw error
    }
  }
}
