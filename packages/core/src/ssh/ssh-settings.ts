import { homedir, userInfo } from 'node:os'
import { LustrebackupError } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'
import { parseSshSettings, type SshSettings } from './parse-ssh-settings.js'

const TIMEOUT_SECONDS = 30

/** Asks ssh itself for the effective settings of a host. `sshConfig` empty = the user's own configuration. */
export async function loadSshSettings(host: string, sshConfig: string, exec: Exec, signal?: AbortSignal): Promise<SshSettings> {
  const args = ['-G', ...(sshConfig === '' ? [] : ['-F', sshConfig]), '--', host]
  const result = await exec.run('ssh', args, { timeoutSeconds: TIMEOUT_SECONDS, ...(signal === undefined ? {} : { signal }) })
  if (result.exitCode !== 0) {
    throw new LustrebackupError('SSH_CONFIG', `cannot read the ssh settings of ${host}: ${failureInWords(result)}`, {
      hint: sshConfig === '' ? 'check ~/.ssh/config' : `check [SYSTEM] ssh_config (${sshConfig})`,
    })
  }
  const settings = parseSshSettings(result.stdout.toString('utf8'), {
    host,
    home: homedir(),
    localUser: userInfo().username,
    authSocket: process.env.SSH_AUTH_SOCK ?? null,
  })
  if (settings.proxy === null) return settings
  throw new LustrebackupError('SSH_PROXY', `${host} is to be reached through ${settings.proxy}, which the control connection cannot do`, {
    hint: `let this node reach ${host} directly, or forward a local port there (ssh -N -L, or a VPN) and name that as HostName and Port`,
  })
}
