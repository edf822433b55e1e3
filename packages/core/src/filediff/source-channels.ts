import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import { fastCipherOptions } from '../ssh/fast-ciphers.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import { type DataChannel, overPipe } from './data-channel.js'
import { CHANNEL_WINDOW_BYTES } from './range-plan.js'
import type { SourceChannels } from './source-channels-port.js'
import { openSystemSsh, sshArguments } from './system-ssh-channel.js'
import type { WayMemory } from './way-memory-port.js'
import { beginsWithOwnConnection } from './way-plan.js'

export interface SourceChannelsContext {
  readonly config: Config
  readonly exec: Exec
  readonly signal: AbortSignal
  /** A connection of this software's own. */
  connect(): RemoteHost
  /** One that is there for other things, and can carry a channel too; null = none. */
  readonly control: RemoteHost | null
  readonly memory: WayMemory
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
  const { config, exec, control, memory } = context
  const { sshConfig, commandPath } = config.system
  const settings = { host: config.source.host, sshConfig, options: sshOptions, commandPath }
  const longMs = context.longRoundTripMs ?? LONG_ROUND_TRIP_MS
  let ciphers: Promise<readonly string[]> | null = null
  let way: 'unknown' | 'short' | 'long' = 'unknown'
  // Only the system's ssh gets through a jump host, or knows what the options ask for.
  let systemOnly = sshOptions.length > 0
  const learn = (milliseconds: number, ownConnection: boolean) => {
    way = milliseconds < longMs ? 'short' : 'long'
    memory.remember({ milliseconds, ownConnection })
  }
  const own = new OwnConnections(context, longMs, (milliseconds) => learn(milliseconds, true))
  const noOwnConnection = () => {
    systemOnly = true
    const known = memory.recall()
    if (known !== null) memory.remember({ ...known, ownConnection: false })
  }
  /** Whether it is known, and not only likely, that the way is long. */
  const isSurelyLong = once(async () => {
    if (control === null) return beginsWithOwnConnection(memory.recall())
    const milliseconds = await control.roundTripMs(context.signal).catch(() => 0)
    if (milliseconds > 0) way = milliseconds < longMs ? 'short' : 'long'
    return milliseconds >= longMs
  })
  const openOwn = async (words: readonly string[]): Promise<DataChannel | null> => {
    if (systemOnly || way === 'short' || !(own.hasIdle || (await isSurelyLong()))) return null
    return own.open(words, context.signal).catch((error: unknown) => {
      if (context.signal.aborted) throw error
      noOwnConnection()
      return null
    })
  }
  return {
    open: async (words) => {
      const channel = await openOwn(words)
      if (channel !== null) return channel
      ciphers ??= fastCipherOptions(sshArguments(settings), exec)
      return openSystemSsh({ ...settings, options: [...sshOptions, ...(await ciphers)] }, words)
    },
    needsRoundTrip: () => way === 'unknown' && !systemOnly,
    learnRoundTrip: (milliseconds) => {
      // What sshd itself has answered meanwhile is more certain.
      if (way === 'unknown') learn(milliseconds, memory.recall()?.ownConnection ?? true)
    },
    mayWiden: () => way === 'long' && !systemOnly,
    openWide: async (words, signal) => {
      const either = AbortSignal.any([context.signal, signal])
      try {
        await own.confirmLong(either)
        return await own.open(words, either)
      } catch (error) {
        if (error instanceof ShortWay) learn(error.milliseconds, true)
        else if (!signal.aborted) noOwnConnection()
        throw error
      }
    },
  }
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null
  return () => {
    result ??= action()
    return result
  }
}

/** A source process that was busy answered late: the way itself is short, and the channel that is open is the faster one. */
class ShortWay extends Error {
  override readonly name = 'ShortWay'

  constructor(readonly milliseconds: number) {
    super(`an answer takes ${milliseconds} ms`)
  }
}

/** Each channel has a connection for itself, which is used again when its command has ended. */
class OwnConnections {
  readonly #idle: RemoteHost[] = []
  /** Those that are not used yet, could not be reached, or were not needed in the end. */
  readonly #unused: RemoteHost[]

  /** `tell` gets the round trip as the sshd at the other end answers. */
  constructor(
    private readonly context: SourceChannelsContext,
    private readonly longMs: number,
    private readonly tell: (milliseconds: number) => void,
  ) {
    this.#unused = context.control === null ? [] : [context.control]
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0
  }

  /** Throws where the way turns out to be short; otherwise the connection is there for the next channel. */
  async confirmLong(signal: AbortSignal): Promise<void> {
    const host = this.#take()
    this.#unused.push(host)
    const roundTripMs = await host.roundTripMs(signal)
    if (roundTripMs >= this.longMs) return
    if (host !== this.context.control) await host.close()
    throw new ShortWay(roundTripMs)
  }

  async open(words: readonly string[], signal: AbortSignal): Promise<DataChannel> {
    const host = this.#take()
    try {
      const channel = await host.open(words, signal, CHANNEL_WINDOW_BYTES)
      void channel.exit.then(() => this.#idle.push(host))
      // Nobody waits for it; where it cannot be known, what was known stays.
      void host.roundTripMs(signal).then(
        (milliseconds) => milliseconds > 0 && this.tell(milliseconds),
        () => undefined,
      )
      return overPipe(channel)
    } catch (error) {
      this.#unused.push(host)
      throw error
    }
  }

  #take(): RemoteHost {
    return this.#idle.pop() ?? this.#unused.pop() ?? this.context.connect()
  }
}
