import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export interface SshdOptions {
  /** Put into authorized_keys as `command="…"`: what runs instead of whatever the client asks for. */
  readonly forcedCommand?: string
  /** More options in front of the key, such as `no-pty`. */
  readonly authorizedKeysOptions?: readonly string[]
  /** More lines for sshd_config. */
  readonly sshdConfig?: readonly string[]
}

/** A real sshd on a loopback port, with keys of its own, that lets this user in. */
export interface TestSshd {
  readonly port: number
  /** For `ssh -F` and `[SYSTEM] ssh_config`: every host name leads to this sshd. */
  readonly clientConfigFile: string
  readonly knownHostsFile: string
  readonly identityFile: string
  readonly hostKeyFile: string
  /** Ends all connections at once; sshd itself goes on. */
  dropConnections(): void
  close(): Promise<void>
}

export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-sshd-'))
  const port = await freePort()
  const files = writeFiles(folder, port, options)
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await listening(sshd)
  const close = async () => {
    await end(sshd)
    rmSync(folder, { recursive: true, force: true })
  }
  return { port, ...files, dropConnections: () => dropConnections(sshd.pid!), close }
}

function writeFiles(folder: string, port: number, options: SshdOptions) {
  const hostKeyFile = join(folder, 'host_key')
  const identityFile = join(folder, 'identity')
  const knownHostsFile = join(folder, 'known_hosts')
  const clientConfigFile = join(folder, 'ssh_config')
  for (const file of [hostKeyFile, identityFile]) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
  const command = options.forcedCommand === undefined ? [] : [`command="${options.forcedCommand.replaceAll('"', '\\"')}"`]
  const keyOptions = [...command, ...(options.authorizedKeysOptions ?? [])].join(',')
  writeFileSync(join(folder, 'authorized_keys'), `${keyOptions} ${readFileSync(`${identityFile}.pub`, 'utf8')}`.trimStart())
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${readFileSync(`${hostKeyFile}.pub`, 'utf8')}`)
  writeFileSync(join(folder, 'sshd_config'), serverConfig(folder, port, options.sshdConfig ?? []))
  writeFileSync(clientConfigFile, clientConfig(port, identityFile, knownHostsFile))
  chmodSync(folder, 0o755)
  return { hostKeyFile, identityFile, knownHostsFile, clientConfigFile }
}

const SET_ENV = 'SetEnv '

function serverConfig(folder: string, port: number, more: readonly string[]): string {
  const isEnvironment = (line: string) => line.startsWith(SET_ENV)
  // The login files of whoever runs this have no part in it: they may print, or take long. sshd knows the first line of these only.
  const environment = [`HOME=${folder}`, ...more.filter(isEnvironment).map((line) => line.slice(SET_ENV.length))]
  return [
    ...more.filter((line) => !isEnvironment(line)),
    `${SET_ENV}${environment.join(' ')}`,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'MaxStartups 100',
    'MaxSessions 100',
    // As OpenSSH of RHEL 8 and 9 chooses; the sntrup761 of later ones costs the client 0.1 s of a processor for each connection.
    'KexAlgorithms curve25519-sha256',
    'LogLevel INFO',
    '',
  ].join('\n')
}

function clientConfig(port: number, identityFile: string, knownHostsFile: string): string {
  return [
    'Host *',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  User ${userInfo().username}`,
    `  IdentityFile ${identityFile}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${knownHostsFile}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  BatchMode yes',
    '',
  ].join('\n')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

/** sshd says on stderr when it listens, or why it does not. */
function listening(sshd: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    sshd.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('Server listening on')) resolve()
    })
    sshd.once('exit', () => reject(new Error(`sshd did not start: ${said}`)))
    sshd.once('error', reject)
  })
}

/** Each connection is served by a child of sshd. */
function dropConnections(pid: number): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  for (const child of children === '' ? [] : children.split(' ')) process.kill(Number(child), 'SIGKILL')
}

async function end(sshd: ChildProcess): Promise<void> {
  if (sshd.exitCode !== null || sshd.signalCode !== null) return
  const ended = new Promise((resolve) => sshd.once('exit', resolve))
  process.kill(-sshd.pid!, 'SIGTERM')
  await ended
}
