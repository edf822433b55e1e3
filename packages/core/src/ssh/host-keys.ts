import { statSync } from 'node:fs'
import type { Exec } from '../exec/exec-port.js'
import { type KnownHostKeys, parseKnownHosts } from './parse-known-hosts.js'
import type { SshSettings } from './parse-ssh-settings.js'

const KEYGEN_TIMEOUT_SECONDS = 30

/** Names under which the key of a host may stand in known_hosts, the exact one first, as OpenSSH looks for it. */
export function knownHostNames({ hostKeyAlias, hostname, port }: SshSettings): readonly string[] {
  if (hostKeyAlias !== null) return [hostKeyAlias]
  const host = hostname.toLowerCase()
  return port === 22 ? [host] : [`[${host}]:${port}`, host]
}

/** The keys that the known_hosts files hold for a host, found by `ssh-keygen`, which knows hashed names and patterns. */
export async function findHostKeys(settings: SshSettings, exec: Exec, signal?: AbortSignal): Promise<KnownHostKeys> {
  for (const name of knownHostNames(settings)) {
    const found = await Promise.all(settings.knownHostsFiles.filter(holdsKeys).map((file) => findIn(file, name, exec, signal)))
    const keys = { trusted: found.flatMap(({ trusted }) => trusted), revoked: found.flatMap(({ revoked }) => revoked) }
    if (keys.trusted.length > 0 || keys.revoked.length > 0) return keys
  }
  return { trusted: [], revoked: [] }
}

/** Not so a file that is not there, an empty one, and /dev/null, which stands for none. */
function holdsKeys(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && !stat.isCharacterDevice() && !(stat.isFile() && stat.size === 0)
}

async function findIn(file: string, name: string, exec: Exec, signal?: AbortSignal): Promise<KnownHostKeys> {
  const options = { timeoutSeconds: KEYGEN_TIMEOUT_SECONDS, ...(signal === undefined ? {} : { signal }) }
  const { stdout } = await exec.run('ssh-keygen', ['-F', name, '-f', file], options)
  return parseKnownHosts(stdout.toString('utf8'))
}
