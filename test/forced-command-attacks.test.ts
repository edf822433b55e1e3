import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSshd } from '@lustrebackup/lustresim/site/sshd'
import { describe, expect, it } from 'vitest'
import { CHOICE_SEED } from './seed.js'

/** The corpus is long: each run sends every third attack, beginning with another one. LUSTREBACKUP_SEED repeats a choice. */
const EVERY = 3
const AT_ONCE = 8

const scripts = fileURLToPath(new URL('../scripts', import.meta.url))

describe.each([
  ['lustrebackup_ssh_command_validator', scripts, (folder: string) => `-c ${folder}/conf`, 700],
  ['lctl_ssh_command_validator', join(scripts, 'mgs'), (folder: string) => `-F src -c ${folder}/lctl_snapshot.conf`, 300],
])('%s behind a real sshd', (name, from, argumentsIn, corpusCount) => {
  it(`runs nothing for any attack of the corpus (seed ${CHOICE_SEED})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-attacks-'))
    chmodSync(folder, 0o755)
    const corpus = execFileSync(join(from, `${name}_self_test.sh`), ['--list', folder])
      .toString('latin1')
      .split('\0')
      .slice(0, -1)
    expect(corpus.length).toBeGreaterThan(corpusCount)
    traceEnv(folder)
    const sshd = await startSshd({ forcedCommand: `${folder}/bin/${name}.sh ${argumentsIn(folder)}`, authorizedKeysOptions: ['restrict'] })
    try {
      const attacks = corpus.filter((_, index) => index % EVERY === CHOICE_SEED % EVERY)
      const answers = await sendAll(attacks, sshd)
      const wrong = answers.filter(({ exitCode, stdout, stderr }) => exitCode !== 1 || stdout !== '' || !isRefusal(stderr, name))
      expect(wrong).toEqual([])
      // sshd itself refuses a NUL, or ends the command there: either way nothing but a refusal comes of it.
      await sendAll([`\0touch ${folder}/canary`, `stat /\0`, `;touch ${folder}/canary\0`], sshd).catch(() => undefined)
      for (const trace of ['ran', 'traced', 'canary']) expect(existsSync(join(folder, trace)), trace).toBe(false)
      const logged = readFileSync(join(folder, 'logged'), 'latin1').trimEnd().split('\n')
      expect(logged.length).toBeGreaterThanOrEqual(attacks.length)
      expect(logged.filter((line) => !/^-p auth\.error -t \S+ -- refused .*from 127\.0\.0\.1 /.test(line))).toEqual([])
    } finally {
      await sshd.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

/** Whatever a forced command runs, it runs through env: that is noted. */
function traceEnv(folder: string): void {
  writeFileSync(join(folder, 'bin/env'), `#!/bin/sh\nprintf '%s\\n' "$*" >>'${folder}/traced'\nexec /usr/bin/env "$@"\n`)
  chmodSync(join(folder, 'bin/env'), 0o755)
}

function isRefusal(stderr: string, name: string): boolean {
  return new RegExp(`^${name}: refused: [^\\n]*\\n$`).test(stderr)
}

interface Answer {
  readonly command: string
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Channel extends NodeJS.ReadWriteStream {
  readonly stderr: NodeJS.ReadableStream
}
interface Client {
  on(event: string, listener: (...words: never[]) => void): Client
  connect(settings: object): Client
  exec(command: string, opened: (error: Error | undefined, channel: Channel) => void): void
  end(): void
}

/** Over one connection, by a client that sends any bytes as a command. */
async function sendAll(commands: readonly string[], sshd: { readonly port: number; readonly identityFile: string }): Promise<Answer[]> {
  const { Client } = createRequire(new URL('../packages/core/package.json', import.meta.url))('ssh2') as { Client: new () => Client }
  const client = new Client()
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve).on('error', reject)
    client.connect({ host: '127.0.0.1', port: sshd.port, username: userInfo().username, privateKey: readFileSync(sshd.identityFile) })
  })
  const closed = new Promise<never>((_, reject) => client.on('close', () => reject(new Error('sshd closed the connection'))))
  const waiting = [...commands]
  const answers: Answer[] = []
  const work = async () => {
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) answers.push(await send(client, command))
  }
  try {
    await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, work)), closed])
  } finally {
    closed.catch(() => undefined)
    client.end()
  }
  return answers
}

function send(client: Client, command: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // The package writes a command as UTF-8: bytes that are none go through as they are only if they are taken for it.
    client.exec(Buffer.from(command, 'latin1').toString('utf8'), (error, channel) => {
      if (error !== undefined) return reject(error)
      const said = { stdout: '', stderr: '' }
      let exitCode: number | null = null
      channel.on('data', (chunk: Buffer) => {
        said.stdout += chunk.toString('latin1')
      })
      channel.stderr.on('data', (chunk: Buffer) => {
        said.stderr += chunk.toString('latin1')
      })
      channel.on('exit', (code: number | null) => {
        exitCode = code
      })
      channel.on('close', () => resolve({ command, exitCode, ...said }))
      channel.end()
    })
  })
}
