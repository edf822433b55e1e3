/** What `ssh -G HOST` says about reaching a host: the effective settings of all ssh configuration files. */
export interface SshSettings {
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** In the order in which they are tried; tokens and `~` are expanded. */
  readonly identityFiles: readonly string[]
  readonly knownHostsFiles: readonly string[]
  /** Name under which the host key is known instead of the host's own. */
  readonly hostKeyAlias: string | null
  /** Socket of the agent; null = none. */
  readonly agent: string | null
  readonly identitiesOnly: boolean
  readonly connectTimeoutSeconds: number
  readonly aliveIntervalSeconds: number
  readonly aliveCountMax: number
  /** A jump host or proxy command that ssh would go through; null = a direct connection. */
  readonly proxy: string | null
}

/** What the settings refer to and only the caller knows. */
export interface SshSurroundings {
  /** As given to ssh, `user@host` or `host`. */
  readonly host: string
  readonly home: string
  readonly localUser: string
  /** `SSH_AUTH_SOCK`; null = not set. */
  readonly authSocket: string | null
}

const DEFAULT_CONNECT_TIMEOUT_SECONDS = 30
/** A connection that has died unnoticed must not keep a backup waiting, so there is always a sign of life. */
const DEFAULT_ALIVE_INTERVAL_SECONDS = 15

/** Reads the lines `key value` that `ssh -G` prints. */
export function parseSshSettings(text: string, surroundings: SshSurroundings): SshSettings {
  const values = groupLines(text)
  const one = (key: string) => values.get(key)?.[0] ?? null
  const set = (key: string) => (['none', 'no', 'false', ''].includes(one(key) ?? '') ? null : one(key))
  const number = (key: string, fallback: number) => (/^[1-9][0-9]{0,5}$/.test(one(key) ?? '') ? Number(one(key)) : fallback)
  const hostname = one('hostname') ?? surroundings.host
  const user = one('user') ?? surroundings.localUser
  const port = number('port', 22)
  const expand = (path: string) => expandTokens(path, { ...surroundings, hostname, user, port })
  return {
    hostname,
    port,
    user,
    identityFiles: (values.get('identityfile') ?? []).filter((file) => file !== 'none').map(expand),
    knownHostsFiles: [one('userknownhostsfile'), one('globalknownhostsfile')]
      .flatMap((files) => (files === null ? [] : files.split(/\s+/)))
      .filter((file) => file !== '' && file !== 'none')
      .map(expand),
    hostKeyAlias: set('hostkeyalias'),
    agent: agentSocket(one('identityagent'), surroundings.authSocket, expand),
    identitiesOnly: one('identitiesonly') === 'yes',
    connectTimeoutSeconds: number('connecttimeout', DEFAULT_CONNECT_TIMEOUT_SECONDS),
    aliveIntervalSeconds: number('serveraliveinterval', DEFAULT_ALIVE_INTERVAL_SECONDS),
    aliveCountMax: number('serveralivecountmax', 3),
    proxy: set('proxyjump') ?? set('proxycommand'),
  }
}

function groupLines(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const blank = line.indexOf(' ')
    if (blank === -1) continue
    const key = line.slice(0, blank).toLowerCase()
    const known = values.get(key)
    if (known === undefined) values.set(key, [line.slice(blank + 1).trim()])
    else known.push(line.slice(blank + 1).trim())
  }
  return values
}

function agentSocket(setting: string | null, authSocket: string | null, expand: (path: string) => string): string | null {
  if (setting === null || setting === 'SSH_AUTH_SOCK' || setting === '$SSH_AUTH_SOCK') return authSocket
  return setting === 'none' ? null : expand(setting)
}

function expandTokens(path: string, values: SshSurroundings & { hostname: string; user: string; port: number }): string {
  const tokens: Readonly<Record<string, string>> = {
    '%%': '%',
    '%d': values.home,
    '%h': values.hostname,
    '%n': values.host,
    '%p': String(values.port),
    '%r': values.user,
    '%u': values.localUser,
  }
  return path.replace(/^~(?=\/|$)/, values.home).replace(/%[%dhnpru]/g, (token) => tokens[token]!)
}
