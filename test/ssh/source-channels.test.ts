import { createReadStream, readFileSync, writeFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from '@lustrebackup/core/config/config-types'
import { createExec } from '@lustrebackup/core/exec/execa-exec'
import type { DataChannel } from '@lustrebackup/core/filediff/data-channel'
import { SharedPipeReader } from '@lustrebackup/core/filediff/shared-pipe'
import { createSourceChannels } from '@lustrebackup/core/filediff/source-channels'
import { type KnownWay, NO_WAY_MEMORY, type WayMemory } from '@lustrebackup/core/filediff/way-memory-port'
import { createRemoteHost } from '@lustrebackup/core/ssh/remote-over-ssh'
import type { RemoteHost } from '@lustrebackup/core/ssh/remote-port'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'

const commandPath = '/usr/bin:/bin'
const exec = createExec({ commandPath, environment: {} })
let sshd: TestSshd
let hosts: RemoteHost[] = []
beforeAll(async () => {
  sshd = await startSshd()
})
beforeEach(async () => {
  for (const host of hosts) await host.close()
  hosts = []
})
afterAll(async () => {
  for (const host of hosts) await host.close()
  await sshd.close()
})

interface Known {
  readonly memory?: WayMemory
  readonly control?: RemoteHost
}

/** `longRoundTripMs`: 0 makes every way a long one. */
function open(sshConfig = sshd.clientConfigFile, sshOptions: readonly string[] = [], longRoundTripMs = 0, known: Known = {}) {
  const config = { system: { sshConfig, commandPath }, source: { host: 'source' } } as unknown as Config
  const connect = () => {
    const host = createRemoteHost({ host: 'source', sshConfig, exec })
    hosts.push(host)
    return host
  }
  const { memory = NO_WAY_MEMORY, control = null } = known
  return createSourceChannels({ config, exec, signal: new AbortController().signal, connect, control, memory, longRoundTripMs }, sshOptions)
}

/** A configuration with which only the system's ssh gets there. */
function throughJumpHost(): string {
  const jump = `${sshd.clientConfigFile}-jump`
  const command = `ProxyCommand ssh -F ${sshd.clientConfigFile} -W 127.0.0.1:${sshd.port} jump`
  writeFileSync(jump, `Host source\n  ${command}\n${readFileSync(sshd.clientConfigFile, 'utf8')}`)
  return jump
}

/** What a thread of its own would wait for. */
async function* outputOf({ output, closeOutput }: DataChannel): AsyncGenerator<Buffer> {
  if (output.kind === 'pipe') return yield* createReadStream('', { fd: output.fd })
  const reader = new SharedPipeReader(output)
  const memory = Buffer.alloc(100_000)
  for (let count = reader.take(memory); count !== null; count = reader.take(memory)) {
    if (count > 0) yield Buffer.from(memory.subarray(0, count))
    else await nextTurn()
  }
  closeOutput()
}

/** What comes back from `cat`. */
async function echoed(channel: DataChannel, bytes: Buffer): Promise<Buffer> {
  channel.stderr.resume()
  channel.stdin.end(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of outputOf(channel)) chunks.push(chunk)
  expect(await channel.exit).toEqual({ exitCode: 0, signal: null })
  return Buffer.concat(chunks)
}

const NEVER = new AbortController().signal
const BYTES = Buffer.alloc(3_000_000, 'filediff')

it('a short way: the system carries all channels', async () => {
  const channels = open(sshd.clientConfigFile, [], 5)
  expect(channels.needsRoundTrip()).toBe(true)
  expect((await echoed(await channels.open(['cat']), BYTES)).equals(BYTES)).toBe(true)
  channels.learnRoundTrip(0.5)
  expect([channels.needsRoundTrip(), channels.mayWiden()]).toEqual([false, false])
  expect((await echoed(await channels.open(['cat']), BYTES)).equals(BYTES)).toBe(true)
  expect(hosts).toHaveLength(0)
})

it('a long way: for much data connections of our own, used again, one for each channel that is open', async () => {
  const channels = open()
  channels.learnRoundTrip(50)
  expect(channels.mayWiden()).toBe(true)
  expect(hosts).toHaveLength(0)
  const [first, second] = [await channels.openWide(['cat'], NEVER), await channels.openWide(['cat'], NEVER)]
  expect((await echoed(first, BYTES)).equals(BYTES)).toBe(true)
  expect((await echoed(second, BYTES)).equals(BYTES)).toBe(true)
  const third = await channels.open(['cat'])
  expect([first.isWide, third.isWide]).toEqual([true, true])
  expect((await echoed(third, BYTES)).equals(BYTES)).toBe(true)
  expect(hosts).toHaveLength(2)
})

it('a source that answered late over a short way: no connection of our own stays, and the system goes on', async () => {
  const memory = remembering(null)
  const channels = open(sshd.clientConfigFile, [], 60_000, { memory })
  channels.learnRoundTrip(60_001)
  expect([channels.mayWiden(), memory.recall()?.milliseconds]).toEqual([true, 60_001])
  await expect(channels.openWide(['cat'], NEVER)).rejects.toThrow('an answer takes')
  expect(channels.mayWiden()).toBe(false)
  expect(memory.recall()?.milliseconds).toBeLessThan(60_000)
  const next = await channels.open(['cat'])
  expect(next.isWide).toBe(false)
  expect((await echoed(next, BYTES)).equals(BYTES)).toBe(true)
})

/** A memory that holds what a run before has left, and what this one leaves. */
function remembering(before: KnownWay | null) {
  let way = before
  const remember = (now: KnownWay) => {
    way = now
  }
  return { recall: () => way, remember }
}

it('a way that a run before found long: the first channel is a connection of our own already', async () => {
  const memory = remembering({ milliseconds: 100, ownConnection: true })
  const channels = open(sshd.clientConfigFile, [], 0, { memory })
  const channel = await channels.open(['cat'])
  expect(channel.isWide).toBe(true)
  expect((await echoed(channel, BYTES)).equals(BYTES)).toBe(true)
  await hosts[0]!.roundTripMs()
  await expect.poll(() => memory.recall()?.milliseconds).toBeLessThan(100)
})

it('a way that was long and is short now: the next channel is the system again', async () => {
  const memory = remembering({ milliseconds: 60_001, ownConnection: true })
  const channels = open(sshd.clientConfigFile, [], 60_000, { memory })
  const first = await channels.open(['cat'])
  expect((await echoed(first, BYTES)).equals(BYTES)).toBe(true)
  await expect.poll(() => channels.needsRoundTrip()).toBe(false)
  const second = await channels.open(['cat'])
  expect([first.isWide, second.isWide]).toEqual([true, false])
  expect((await echoed(second, BYTES)).equals(BYTES)).toBe(true)
})

it('a long way where no connection of our own can be had: the system, and the next run does not try', async () => {
  const memory = remembering({ milliseconds: 100, ownConnection: true })
  const channel = await open(throughJumpHost(), [], 0, { memory }).open(['cat'])
  expect(channel.isWide).toBe(false)
  expect((await echoed(channel, BYTES)).equals(BYTES)).toBe(true)
  expect(memory.recall()).toEqual({ milliseconds: 100, ownConnection: false })
})

it('a connection that is there for other things tells how long the way is, and carries the first channel', async () => {
  const control = createRemoteHost({ host: 'source', sshConfig: sshd.clientConfigFile, exec })
  const first = await open(sshd.clientConfigFile, [], 0, { control }).open(['cat'])
  expect([first.isWide, hosts.length]).toEqual([true, 0])
  expect((await echoed(first, BYTES)).equals(BYTES)).toBe(true)
  const second = await open(sshd.clientConfigFile, [], 60_000, { control }).open(['cat'])
  expect([second.isWide, hosts.length]).toEqual([false, 0])
  expect((await echoed(second, BYTES)).equals(BYTES)).toBe(true)
  const { exitCode } = await control.run(['true'], { timeoutSeconds: 30 })
  expect(exitCode).toBe(0)
  await control.close()
})

it('through a jump host, or with options of ssh, the system whatever the way', async () => {
  const channels = open(throughJumpHost())
  channels.learnRoundTrip(50)
  await expect(channels.openWide(['cat'], NEVER)).rejects.toMatchObject({ code: 'SSH_PROXY' })
  expect(channels.mayWiden()).toBe(false)
  expect((await echoed(await channels.open(['cat']), BYTES)).equals(BYTES)).toBe(true)
  const withOptions = open(sshd.clientConfigFile, ['-oCompression=no'])
  expect(withOptions.needsRoundTrip()).toBe(false)
  expect((await echoed(await withOptions.open(['cat']), BYTES)).equals(BYTES)).toBe(true)
})

it('a channel that is closed ends the command', async () => {
  const channel = await open().open(['sleep', '60'])
  channel.stderr.resume()
  channel.close()
  const { exitCode, signal } = await channel.exit
  expect([exitCode, signal]).not.toEqual([0, null])
  for await (const _ of outputOf(channel)) throw new Error('sleep says something')
})
