import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { withSettings } from './settings.js'

/** The target with an ssh configuration in which something is replaced. */
export function withSshConfig({ sshd, target, folder }: Site, what: RegExp, by: string): Host {
  const file = join(folder, 'changed_ssh_config')
  writeFileSync(file, readFileSync(sshd.clientConfigFile, 'utf8').replace(what, by))
  return withSettings(target, { SYSTEM: { ssh_config: file } })
}

/** A known_hosts file that has another key for the source, or none. */
export function makeKnownHosts({ sshd, folder }: Site, key: 'another' | 'none'): string {
  const file = join(folder, 'changed_known_hosts')
  const identity = join(folder, 'another_key')
  if (key === 'another') execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity])
  writeFileSync(file, key === 'another' ? `[127.0.0.1]:${sshd.port} ${readFileSync(`${identity}.pub`, 'utf8')}` : '')
  return file
}

/** A port on which nobody listens any more. */
export async function closedPort(): Promise<number> {
  const { port, close } = await rudeServer()
  await close()
  return port
}

/** A server that ends each connection at once. */
export async function rudeServer(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

const authorizedKeys = ({ sshd }: Site) => join(dirname(sshd.identityFile), 'authorized_keys')

/** Takes the target's key out of authorized_keys; gives what puts it back. */
export function removeAuthorizedKey(site: Site): () => void {
  const file = authorizedKeys(site)
  renameSync(file, `${file}.away`)
  return () => renameSync(`${file}.away`, file)
}

/** Puts a script in the place of the forced command for as long as something runs. */
export async function forcedCommand<T>(site: Site, script: string, run: () => Promise<T>): Promise<T> {
  const program = join(site.folder, 'forced_command')
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  const file = authorizedKeys(site)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/command="[^"]*"/, `command="${program}"`))
  try {
    return await run()
  } finally {
    writeFileSync(file, text)
  }
}
