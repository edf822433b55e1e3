import type { Client, ClientChannel } from 'ssh2'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError } from '../errors/errors.js'
import type { Exec, ExecOptions, ExecResult } from '../exec/exec-port.js'
import { AdaptiveWindow } from './adaptive-window.js'
import { runOnChannel } from './channel-run.js'
import { measureRoundTrip, widenWindow } from './channel-window.js'
import type { RemoteChannel, RemoteHost, RemoteWord } from './remote-port.js'
import { joinWords } from './remote-words.js'
import { connectionLost } from './ssh-errors.js'

export interface RemoteSettings {
  /** `host` or `user@host`, as ssh knows it. */
  readonly host: string
  /** OpenSSH client configuration; empty = the user's own. */
  readonly sshConfig: string
  /** Runs ssh and ssh-keygen of this host. */
  readonly exec: Exec
}

/** For a connection whose other end no longer answers. */
const CLOSE_GRACE_MS = 2000

/** A host over ssh2, reached with the settings and the known keys of OpenSSH. Connects at the first use. */
export function createRemoteHost({ host, sshConfig, exec }: RemoteSettings): RemoteHost {
  const connection = createConnection(host, sshConfig, exec)
  const open = async (words: readonly RemoteWord[], signal?: AbortSignal, windowBytes?: number): Promise<RemoteChannel> => {
    const command = joinWords(words)
    const client = await connection.get(signal)
    // Measured while the channel is being opened, which takes as long.
    const measured = windowBytes === undefined ? null : measureRoundTrip(client)
    return startCommand(client, command, host, (channel) => {
      if (windowBytes !== undefined) void measured?.then((ms) => widenWindow(client, channel, new AdaptiveWindow(ms, windowBytes)))
      return remoteChannel(channel)
    })
  }
  const run = async (words: readonly RemoteWord[], options: ExecOptions): Promise<ExecResult> => {
    options.signal?.throwIfAborted()
    const result = await runOnChannel(await open(words, options.signal), `${host}: ${joinWords(words)}`, options)
    crashPoint('ssh.ended', programOf(joinWords(words)))
    return result
  }
  const roundTripMs = async (signal?: AbortSignal): Promise<number> => measureRoundTrip(await connection.get(signal))
  return { name: host, warm: connection.begin, open, run, roundTripMs, close: connection.close }
}

interface Connection {
  /** The open connection, or a new one. */
  get(signal?: AbortSignal): Promise<Client>
  /** See `warm` of a host. */
  begin(signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

function createConnection(host: string, sshConfig: string, exec: Exec): Connection {
  let current: Promise<Client> | null = null
  let closed = new AbortController()
  const connect = async (begun: () => void, signal?: AbortSignal): Promise<Client> => {
    const { loadSshSettings } = await import('./ssh-settings.js')
    const asked = loadSshSettings(host, sshConfig, exec, signal)
    // ssh2 is large, and many commands never need it: it is read while ssh and ssh-keygen answer.
    const [settings, known, { connectSsh2 }] = await Promise.all([
      asked,
      asked.then(async (settings) => (await import('./host-keys.js')).findHostKeys(settings, exec, signal)),
      import('./connect-ssh2.js'),
    ])
    const client = await connectSsh2(host, settings, known, signal, begun)
    client.on('close', () => {
      current = null
    })
    crashPoint('ssh.connected')
    return client
  }
  const get = (signal?: AbortSignal, begun: () => void = () => undefined): Promise<Client> => {
    const either = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal])
    current ??= connect(begun, either).catch((error: unknown) => {
      current = null
      throw error
    })
    return current
  }
  return {
    get,
    begin: (signal) =>
      new Promise((resolve) => {
        get(signal, resolve).then(
          () => resolve(),
          () => resolve(),
        )
      }),
    close: async () => {
      // One that is being opened and that nobody waits for any more is given up.
      closed.abort()
      closed = new AbortController()
      const client = await current?.catch(() => null)
      current = null
      if (client == null) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => client.destroy(), CLOSE_GRACE_MS)
        client.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        client.end()
      })
    },
  }
}

/** `use` gets the channel at once: the end of a short command may come together with the news of its start. */
function startCommand<T>(client: Client, command: string, host: string, use: (channel: ClientChannel) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(connectionLost(`${host}: ${command}`))
    client.once('close', lost)
    client.exec(command, (error, channel) => {
      client.off('close', lost)
      if (error !== undefined) return reject(notStarted(host, command, error))
      crashPoint('ssh.opened', programOf(command))
      resolve(use(channel))
    })
  })
}

function programOf(command: string): string {
  return command.split(' ', 1)[0]!
}

function notStarted(host: string, command: string, error: Error): LustrebackupError {
  return new LustrebackupError('SSH_CHANNEL_REFUSED', `${host} does not start "${command}": ${error.message}`, {
    hint: 'sshd there may allow fewer channels a connection (MaxSessions) than are needed',
    cause: error,
  })
}

function remoteChannel(channel: ClientChannel): RemoteChannel {
  const exit = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    let end = { exitCode: null as number | null, signal: null as string | null }
    channel.on('exit', (exitCode: number | null, signal?: string) => {
      end = { exitCode: exitCode ?? null, signal: signal === undefined ? null : signal.startsWith('SIG') ? signal : `SIG${signal}` }
    })
    channel.once('close', () => resolve(end))
  })
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    exit,
    close: () => {
      if (channel.writable) channel.signal('TERM')
      channel.close()
    },
  }
}
