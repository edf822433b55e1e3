import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { childEnvironment } from '../exec/child-environment.js'
import { joinWords } from '../ssh/remote-words.js'
import { SSH_OPTIONS } from '../ssh/ssh-options.js'
import { addon } from './block-file.js'
import { type DataChannel, PIPE_BYTES } from './data-channel.js'

export interface SystemSshSettings {
  readonly host: string
  /** OpenSSH client configuration; empty = the user's own. */
  readonly sshConfig: string
  /** Further options of ssh. */
  readonly options: readonly string[]
  /** PATH to find ssh in. */
  readonly commandPath: string
}

/** For an ssh that does not end when it is asked to. */
const KILL_AFTER_MS = 5000
/** For a child of ssh that keeps its error output open, such as a shared master connection. */
const EXIT_GRACE_MS = 1000

/** What ssh gets in front of the command. */
export function sshArguments({ host, sshConfig, options }: Omit<SystemSshSettings, 'commandPath'>): readonly string[] {
  const config = sshConfig === '' ? [] : ['-F', sshConfig]
  return [...SSH_OPTIONS, ...config, ...options, '--', host]
}

/** Starts a command on another host with the system's ssh: a process of its own for what costs most, the encryption. */
export async function openSystemSsh(settings: SystemSshSettings, words: readonly string[]): Promise<DataChannel> {
  const args = [...sshArguments(settings), joinWords(words)]
  const { readFd, writeFd } = addon().openPipe(PIPE_BYTES)
  const child = spawn('ssh', args, { stdio: ['pipe', writeFd, 'pipe'], env: childEnvironment(settings.commandPath, process.env) })
  crashPoint('system-ssh.started')
  closeSync(writeFd)
  const exit = exitOf(child)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => {
      closeSync(readFd)
      reject(new LustrebackupError('EXEC_NOT_FOUND', `starting ssh: ${reasonOf(error)}`, { cause: error }))
    })
  })
  return {
    ...{ stdin: child.stdin!, stderr: child.stderr!, exit, isWide: false },
    output: { kind: 'pipe', fd: readFd },
    closeOutput: () => closeSync(readFd),
    close: () => end(child),
  }
}

function exitOf(child: ChildProcess): DataChannel['exit'] {
  return new Promise((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('exit', (exitCode, signal) => setTimeout(() => resolve({ exitCode, signal }), EXIT_GRACE_MS).unref())
  })
}

function end(child: ChildProcess): void {
  if (!child.kill()) return
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  child.once('exit', () => clearTimeout(timer))
}
