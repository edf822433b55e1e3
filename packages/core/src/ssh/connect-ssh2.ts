import { Socket } from 'node:net'
import ssh2, { type Algorithms, type AnyAuthMethod, type Client } from 'ssh2'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { defer } from '../types/deferred.js'
import { loadIdentities } from './identities.js'
import { hostKeyAlgorithms, judgeHostKey, type KnownHostKeys } from './parse-known-hosts.js'
import type { SshSettings } from './parse-ssh-settings.js'
import { signAtOnce } from './sign-at-once.js'
import { authFailed, hostKeyRefused, unreachable } from './ssh-errors.js'

/** What processors have instructions for comes first: a large file is bound by this. */
const FAST_CIPHERS_FIRST = {
  prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'],
  append: [],
  remove: [],
} satisfies Algorithms['cipher']

/** Opens an authenticated connection to a host whose key is known. Calls `begun` when it is up to the host to answer. */
export async function connectSsh2(
  name: string,
  settings: SshSettings,
  known: KnownHostKeys,
  signal?: AbortSignal,
  begun: () => void = () => undefined,
): Promise<Client> {
  signal?.throwIfAborted()
  const { methods, lockedKeys } = loadIdentities(settings)
  if (methods.length === 0) throw authFailed(name, settings, lockedKeys)
  const client = new ssh2.Client()
  const connected = defer<void>()
  let refused: LustrebackupError | null = null
  const aborted = () => connected.reject(signal?.reason)
  signal?.addEventListener('abort', aborted)
  // Small messages go out at once, those of the handshake too, instead of waiting for the other side to confirm the one before.
  client.once('connect', () => client.setNoDelay(true))
  client.on('ready', () => connected.resolve())
  client.on('error', (error) => connected.reject(refused ?? connectError(error, name, settings, lockedKeys)))
  client.on('close', () => connected.reject(refused ?? unreachable(name, settings, 'the connection was closed')))
  try {
    client.connect({
      sock: openSocket(settings),
      username: settings.user,
      readyTimeout: settings.connectTimeoutSeconds * 1000,
      keepaliveInterval: settings.aliveIntervalSeconds * 1000,
      keepaliveCountMax: settings.aliveCountMax,
      algorithms: { serverHostKey: hostKeyAlgorithms(known) as never, cipher: FAST_CIPHERS_FIRST },
      authHandler: oneAfterTheOther(methods),
      hostVerifier: (offered: Buffer): boolean => {
        const verdict = judgeHostKey(offered, known)
        if (verdict !== 'trusted') refused = hostKeyRefused(verdict, offered, name, settings)
        return verdict === 'trusted'
      },
    })
    signAtOnce(client)
    begun()
    await connected.promise
    return client
  } catch (error) {
    client.destroy()
    throw error
  } finally {
    signal?.removeEventListener('abort', aborted)
  }
}

/** Closes as soon as the last word has gone out: to wait for that of the other side would take a round trip. */
function openSocket({ hostname, port }: SshSettings): Socket {
  const socket = new Socket()
  socket.setMaxListeners(0)
  socket.once('finish', () => socket.destroy())
  return socket.connect({ host: hostname, port })
}

function oneAfterTheOther(methods: readonly AnyAuthMethod[]) {
  let index = 0
  return (_left: unknown, _partial: unknown, next: (method: AnyAuthMethod) => void) => {
    const method = methods[index]
    index += 1
    // The package takes false for "no more", which its types do not say.
    next(method ?? (false as never))
  }
}

function connectError(error: Error & { level?: string }, name: string, settings: SshSettings, lockedKeys: readonly string[]) {
  if (error instanceof LustrebackupError) return error
  if (error.level === 'client-authentication') return authFailed(name, settings, lockedKeys, error)
  // Several addresses were tried: the message of the collection itself is empty.
  const reasons = error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : reasonOf(error)
  return unreachable(name, settings, reasons, error)
}
