import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createExec } from '@lustrebackup/core/exec/execa-exec'
import { createRemoteHost } from '@lustrebackup/core/ssh/remote-over-ssh'
import type { RemoteHost } from '@lustrebackup/core/ssh/remote-port'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const exec = createExec({ commandPath: '/usr/bin:/bin', environment: {} })
const limit = { timeoutSeconds: 30 }
let sshd: TestSshd
const hosts: RemoteHost[] = []
beforeAll(async () => {
  sshd = await startSshd()
})
afterAll(async () => {
  for (const host of hosts) await host.close()
  await sshd.close()
})

function remote(clientConfigFile = sshd.clientConfigFile, host = 'mgs'): RemoteHost {
  const opened = createRemoteHost({ host, sshConfig: clientConfigFile, exec })
  hosts.push(opened)
  return opened
}

/** A client configuration that differs from the working one in one setting. */
function config(name: string, line: string): string {
  const file = `${sshd.clientConfigFile}-${name}`
  writeFileSync(file, `Host *\n  ${line}\n${readFileSync(sshd.clientConfigFile, 'utf8')}`)
  return file
}

describe('a connection', () => {
  it('that was begun ahead is the one that the first command uses', async () => {
    const host = remote()
    void host.warm()
    const [first, second] = [await host.run(['printenv', 'SSH_CLIENT'], limit), await host.run(['printenv', 'SSH_CLIENT'], limit)]
    expect(first.exitCode).toBe(0)
    expect(second.stdout).toEqual(first.stdout)
  })

  it('that was begun ahead and failed is tried again, and then says why', async () => {
    const host = remote(config('warm-port', 'Port 1'))
    await host.warm()
    await expect(host.run(['true'], limit)).rejects.toMatchObject({ code: 'SSH_UNREACHABLE' })
  })

  it('that nobody waits for any more is given up at once', async () => {
    const deaf = createServer()
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
    const { port } = deaf.address() as AddressInfo
    const host = remote(config('deaf', `Port ${port}\n  ConnectTimeout 3600`))
    const accepted = new Promise<Socket>((resolve) => deaf.once('connection', resolve))
    await host.warm()
    const socket = await accepted
    await host.close()
    socket.destroy()
    deaf.close()
  })
})

describe('a command', () => {
  it('gives exit code, signal and both outputs', async () => {
    const host = remote()
    expect(await host.run(['echo', { quoted: 'a  b; c' }], limit)).toEqual({
      exitCode: 0,
      signal: null,
      stdout: Buffer.from('a  b; c\n'),
      stderr: '',
    })
    expect(await host.run(['ls', '/no/such/folder'], limit)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('/no/such') })
    expect(await host.run(['no-such-program'], limit)).toMatchObject({ exitCode: 127 })
    expect((await host.run(['cat'], { ...limit, input: Buffer.from([0, 255, 10]) })).stdout).toEqual(Buffer.from([0, 255, 10]))
    expect(await host.run(['cat'], limit)).toMatchObject({ exitCode: 0 })
  })

  it('is never sent with a word that a shell could change', async () => {
    await expect(remote().run(['echo', '$HOME'], limit)).rejects.toMatchObject({ code: 'SSH_UNSAFE_WORD' })
  })

  it('has a time limit, an output limit, and can be aborted; the connection stays usable', async () => {
    const host = remote()
    // Connected before, so that the limit is that of the command, however long connecting takes.
    await host.run(['true'], limit)
    await expect(host.run(['sleep', '60'], { timeoutSeconds: 0.2 })).rejects.toMatchObject({ code: 'EXEC_TIMEOUT' })
    await expect(host.run(['yes'], { ...limit, maxOutputBytes: 1000 })).rejects.toMatchObject({ code: 'EXEC_OUTPUT_TOO_LONG' })
    const controller = new AbortController()
    const channel = host.run(['sleep', '60'], { ...limit, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(channel).rejects.toThrow('enough')
    expect((await host.run(['echo', 'still'], limit)).stdout.toString()).toBe('still\n')
  })

  it('runs beside others on one connection', async () => {
    const host = remote()
    const outputs = await Promise.all(Array.from({ length: 8 }, (_, index) => host.run(['echo', String(index)], limit)))
    expect(outputs.map(({ stdout }) => stdout.toString().trim())).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })
})

describe('a channel', () => {
  it('carries bytes both ways', async () => {
    const channel = await remote().open(['cat'])
    channel.stderr.resume()
    channel.stdin.write(Buffer.alloc(200_000, 7))
    channel.stdin.end()
    let received = 0
    for await (const chunk of channel.stdout) received += (chunk as Buffer).length
    expect(received).toBe(200_000)
    expect(await channel.exit).toEqual({ exitCode: 0, signal: null })
  })

  it('ends without an exit code when the connection is lost, and the next command connects again', async () => {
    const host = remote()
    const channel = await host.open(['cat'])
    channel.stdout.resume()
    channel.stderr.resume()
    sshd.dropConnections()
    expect(await channel.exit).toEqual({ exitCode: null, signal: null })
    expect((await host.run(['echo', 'again'], limit)).stdout.toString()).toBe('again\n')
  })

  it('lost under a command is told as such', async () => {
    const host = remote()
    const running = host.run(['sleep', '60'], limit)
    // Requests of one connection are served in order: when this one has ended, the other has begun.
    await host.run(['true'], limit)
    sshd.dropConnections()
    await expect(running).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
  })
})

describe('the key of the host', () => {
  it('that is not known is refused, with its fingerprint and how to add it', async () => {
    const error = await remote(config('unknown', 'UserKnownHostsFile /dev/null'))
      .run(['true'], limit)
      .catch((reason: unknown) => reason)
    const fingerprint = execFileSync('ssh-keygen', ['-lf', `${sshd.hostKeyFile}.pub`], { encoding: 'utf8' }).split(' ')[1]
    expect(error).toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringContaining(fingerprint!),
      hint: expect.stringContaining(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> /dev/null`),
    })
  })

  it('that is another one is refused', async () => {
    const file = `${sshd.knownHostsFile}-other`
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${readFileSync(`${sshd.identityFile}.pub`, 'utf8')}`)
    await expect(remote(config('changed', `UserKnownHostsFile ${file}`)).run(['true'], limit)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
    })
  })

  it('that is marked as revoked is refused', async () => {
    const file = `${sshd.knownHostsFile}-revoked`
    const known = readFileSync(sshd.knownHostsFile, 'utf8')
    writeFileSync(file, `${known}@revoked ${known}`)
    await expect(remote(config('revoked', `UserKnownHostsFile ${file}`)).run(['true'], limit)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
    })
  })

  it.each(['hashed', 'alias', 'second file'])('is found: %s', async (how) => {
    const file = `${sshd.knownHostsFile}-${how.replace(' ', '-')}`
    const known = readFileSync(sshd.knownHostsFile, 'utf8')
    writeFileSync(file, how === 'alias' ? known.replace(/^\S+/, 'pair') : known)
    if (how === 'hashed') execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' })
    if (how === 'hashed') expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|/)
    const line = {
      hashed: `UserKnownHostsFile ${file}`,
      alias: `UserKnownHostsFile ${file}\n  HostKeyAlias pair`,
      'second file': `UserKnownHostsFile /no/such ${file}`,
    }
    expect(await remote(config(how.replace(' ', '-'), line[how as keyof typeof line])).run(['true'], limit)).toMatchObject({ exitCode: 0 })
  })
})

describe('our own key', () => {
  it('that is not accepted, or not there, is told as such', async () => {
    const other = `${sshd.identityFile}-other`
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
    const bare = readFileSync(sshd.clientConfigFile, 'utf8').replace(/^ {2}IdentityFile .*$/m, `  IdentityFile ${other}`)
    writeFileSync(`${sshd.clientConfigFile}-wrong`, bare)
    await expect(remote(`${sshd.clientConfigFile}-wrong`).run(['true'], limit)).rejects.toMatchObject({ code: 'SSH_AUTH_FAILED' })
    writeFileSync(`${sshd.clientConfigFile}-none`, bare.replace(other, '/no/such/key'))
    await expect(remote(`${sshd.clientConfigFile}-none`).run(['true'], limit)).rejects.toMatchObject({ code: 'SSH_AUTH_FAILED' })
  })

  it('with a passphrase is named', async () => {
    const locked = `${sshd.identityFile}-locked`
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', locked])
    const text = readFileSync(sshd.clientConfigFile, 'utf8').replace(/^ {2}IdentityFile .*$/m, `  IdentityFile ${locked}`)
    writeFileSync(`${sshd.clientConfigFile}-locked`, text)
    await expect(remote(`${sshd.clientConfigFile}-locked`).run(['true'], limit)).rejects.toMatchObject({
      code: 'SSH_AUTH_FAILED',
      message: expect.stringContaining(locked),
    })
  })

  it('may be in an agent', async () => {
    const agent = execFileSync('ssh-agent', ['-s'], { encoding: 'utf8' })
    const [socket, pid] = [/SSH_AUTH_SOCK=([^;]+)/.exec(agent)![1]!, Number(/SSH_AGENT_PID=(\d+)/.exec(agent)![1])]
    try {
      execFileSync('ssh-add', ['-q', sshd.identityFile], { env: { SSH_AUTH_SOCK: socket, PATH: '/usr/bin' }, stdio: 'ignore' })
      const text = readFileSync(sshd.clientConfigFile, 'utf8')
        .replace(/^ {2}IdentityFile .*$/m, `  IdentityFile none\n  IdentityAgent ${socket}`)
        .replace('IdentitiesOnly yes', 'IdentitiesOnly no')
      writeFileSync(`${sshd.clientConfigFile}-agent`, text)
      expect(await remote(`${sshd.clientConfigFile}-agent`).run(['true'], limit)).toMatchObject({ exitCode: 0 })
    } finally {
      process.kill(pid)
    }
  })
})

describe('a host', () => {
  it('that does not listen, or has no address, is unreachable', async () => {
    const closed = await startSshd()
    await closed.close()
    await expect(remote(config('closed', `Port ${closed.port}`)).run(['true'], limit)).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: expect.stringMatching(/mgs \(.+@127\.0\.0\.1, port \d+\): .*ECONNREFUSED/),
    })
    await expect(remote(config('noname', 'HostName no-such-host.invalid')).run(['true'], limit)).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
    })
  })

  it('behind a jump host is refused in words', async () => {
    await expect(remote(config('jump', 'ProxyJump gate')).run(['true'], limit)).rejects.toMatchObject({ code: 'SSH_PROXY' })
  })

  it('can be closed twice, and used again', async () => {
    const host = remote()
    await host.close()
    await host.run(['true'], limit)
    await host.close()
    await host.close()
    expect(await host.run(['true'], limit)).toMatchObject({ exitCode: 0 })
  })
})
