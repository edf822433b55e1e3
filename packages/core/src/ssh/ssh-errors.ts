import { createHash } from 'node:crypto'
import { LustrebackupError } from '../errors/errors.js'
import type { HostKeyVerdict } from './parse-known-hosts.js'
import type { SshSettings } from './parse-ssh-settings.js'

/** `user@host, port N`, as messages name the other side. */
export function sshPlace(name: string, { user, hostname, port }: SshSettings): string {
  const host = `${user}@${hostname}${port === 22 ? '' : `, port ${port}`}`
  return name === hostname || name === `${user}@${hostname}` ? host : `${name} (${host})`
}

/** Why a host key was refused, with the command that a person would use to look into it. */
export function hostKeyRefused(
  verdict: Exclude<HostKeyVerdict, 'trusted'>,
  offered: Buffer,
  name: string,
  settings: SshSettings,
): LustrebackupError {
  const place = sshPlace(name, settings)
  const fingerprint = `SHA256:${createHash('sha256').update(offered).digest('base64').replace(/=+$/, '')}`
  const files = settings.knownHostsFiles.join(', ') || 'none'
  if (verdict === 'unknown') {
    return new LustrebackupError('SSH_HOST_KEY_UNKNOWN', `the host key of ${place} is not known (${fingerprint}; looked in ${files})`, {
      hint: `compare the fingerprint on the host itself (ssh-keygen -lf on its public host key), then add the key: ${keyscanCommand(settings)}`,
    })
  }
  const what = verdict === 'revoked' ? 'is marked as revoked' : 'is not the one that is known'
  return new LustrebackupError('SSH_HOST_KEY_CHANGED', `the host key of ${place} ${what} (${fingerprint}; looked in ${files})`, {
    hint: `somebody may be in between; if the host was really set up anew, remove its old key (ssh-keygen -R) and add the new one: ${keyscanCommand(settings)}`,
  })
}

function keyscanCommand({ hostname, port, hostKeyAlias, knownHostsFiles }: SshSettings): string {
  const scan = `ssh-keyscan -p ${port} ${hostname}`
  const file = knownHostsFiles[0] ?? '~/.ssh/known_hosts'
  return hostKeyAlias === null ? `${scan} >> ${file}` : `${scan} | sed 's/^[^ #]*/${hostKeyAlias}/' >> ${file}`
}

export function unreachable(name: string, settings: SshSettings, reason: string, cause?: unknown): LustrebackupError {
  return new LustrebackupError('SSH_UNREACHABLE', `cannot connect to ${sshPlace(name, settings)}: ${reason}`, {
    hint: `try "ssh ${name}" as this user; check the name, the port, the firewall and that sshd runs there`,
    cause,
  })
}

export function authFailed(name: string, settings: SshSettings, lockedKeys: readonly string[], cause?: unknown): LustrebackupError {
  const locked = lockedKeys.length === 0 ? '' : `; protected by a passphrase and therefore not tried: ${lockedKeys.join(', ')}`
  return new LustrebackupError('SSH_AUTH_FAILED', `${sshPlace(name, settings)} accepts none of our keys${locked}`, {
    hint: 'use a key without passphrase (IdentityFile in the ssh configuration) or an agent, and put its public key into authorized_keys there',
    cause,
  })
}

/** `what` is the host and the command that it was running. */
export function connectionLost(what: string): LustrebackupError {
  return new LustrebackupError('SSH_CONNECTION_LOST', `${what}: the connection was lost before the command had ended`, {
    hint: 'check the network and that host, then run the command again',
  })
}
