import type { Config } from '../config/config-types.js'
import { LustrebackupError } from '../errors/errors.js'
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
}

/**
 * The system's ssh lets no more than 2 MiB be under way. From this round trip on that is less than networks carry, and a connection of our own,
 * which costs more processor time, is faster.
 */
const LONG_ROUND_TRIP_MS = 5

/** `sshOptions`: further options of the system's ssh, which win over those chosen here; with any, nothing else is used. */
export function createSourceChannels(context: SourceChannelsContext, sshOptions: readonly string[] = []): SourceChannels {
  const { config, exec } = context
  const { sshConfig, commandPath } = config.system
  const settings = { host: config.source.host, sshConfig, options: sshOptions, commandPath }
  let ciphers: Promise<readonly string[]> | null = null
  let way: 'unknown' | 'system' | 'own' = sshOptions.length > 0 ? 'system' : 'unknown'
  const openSystem = async (words: readonly string[]) => {
    ciphers ??= fastCipherOptions(sshArguments(settings), exec)
    return openSystemSsh({ ...settings, options: [...sshOptions, ...(await ciphers)] }, words)
  }
  const openOwn = ownConnections(context)
  return {
    open: async (words) => {
      if (way !== 'own') return openSystem(words)
      try {
        return await openOwn(words)
      } catch (error) {
        // Only the system's ssh gets through a jump host.
        if (!(error instanceof LustrebackupError) || error.code !== 'SSH_PROXY') throw error
        way = 'system'
        return openSystem(words)
      }
    },
    needsRoundTrip: () => way === 'unknown',
    learnRoundTrip: (milliseconds) => {
      if (way === 'unknown') way = milliseconds < LONG_ROUND_TRIP_MS ? 'system' : 'own'
      return way === 'own' ? 'reopen' : 'stay'
    },
  }
}

/** Each channel has a connection for itself, which is used again when its command has ended. */
function ownConnections({ connect, signal }: SourceChannelsContext): (words: readonly string[]) => Promise<DataChannel> {
  const idle: RemoteHost[] = []
  return async (words) => {
    const host = idle.pop() ?? connect()
    try {
      const channel = await host.open(words, signal, CHANNEL_WINDOW_BYTES)
      void channel.exit.then(() => idle.push(host))
      return overPipe(channel)
    } catch (error) {
      idle.push(host)
      throw error
    }
  }
}
