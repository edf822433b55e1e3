import { spawn } from 'node:child_process'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { RemoteChannel } from '../ssh/remote-port.js'
import { joinWords } from '../ssh/remote-words.js'

export interface SystemSshSettings {
  readonly host: string
  /** OpenSSH client configuration; empty = the user's own. */
  readonly sshConfig: string
  /** Further options of ssh. */
  readonly options: readonly string[]
  /** PATH to find ssh in. */
  readonly commandPath: string
}

/** Starts a command on another host with the system's ssh, for what only that can do: other options, jump hosts, a shared master connection. */
export async function openSystemSsh(
  { host, sshConfig, options, commandPath }: SystemSshSettings,
  words: readonly string[],
): Promise<RemoteChannel> {
  const config = sshConfig === '' ? [] : ['-F', sshConfig]
  const args = ['-oBatchMode=yes', ...config, ...options, '--', host, joinWords(words)]
  const child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, PATH: commandPath } })
  crashPoint('system-ssh.started')
  const exit = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new LustrebackupError('EXEC_NOT_FOUND', `starting ssh: ${reasonOf(error)}`, { cause: error })))
  })
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exit, close: () => void child.kill() }
}
