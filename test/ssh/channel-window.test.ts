import { createExec } from '@lustrebackup/core/exec/execa-exec'
import { AdaptiveWindow } from '@lustrebackup/core/ssh/adaptive-window'
import { measureRoundTrip, widenWindow } from '@lustrebackup/core/ssh/channel-window'
import { connectSsh2 } from '@lustrebackup/core/ssh/connect-ssh2'
import { findHostKeys } from '@lustrebackup/core/ssh/host-keys'
import { loadSshSettings } from '@lustrebackup/core/ssh/ssh-settings'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { afterAll, beforeAll, expect, it } from 'vitest'

type Client = Awaited<ReturnType<typeof connectSsh2>>
type ClientChannel = Parameters<typeof widenWindow>[1]

const MIB = 2 ** 20
let sshd: TestSshd
let client: Client
beforeAll(async () => {
  sshd = await startSshd()
  const exec = createExec({ commandPath: '/usr/bin:/bin', environment: {} })
  const settings = await loadSshSettings('source', sshd.clientConfigFile, exec)
  client = await connectSsh2('source', settings, await findHostKeys(settings, exec))
})
afterAll(async () => {
  client.destroy()
  await sshd.close()
})

function start(command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error))),
  )
}

it('a widened channel takes what the command writes although nobody reads: a window, and what it was topped up by', async () => {
  const bytes = 24 * MIB
  const channel = await start(`head -c ${bytes} /dev/zero`)
  widenWindow(client, channel, new AdaptiveWindow(1000, 16 * MIB))
  // With the 2 MiB that ssh2 has by itself the command waits for ever.
  expect(await new Promise((resolve) => channel.once('exit', resolve))).toBe(0)
  let read = 0
  for await (const chunk of channel) read += (chunk as Buffer).length
  expect(read).toBe(bytes)
}, 20_000)

it('a key signs without a question before', () => {
  expect(Object.hasOwn((client as unknown as { _protocol: object })._protocol, 'authPK')).toBe(true)
})

it('an answer is waited for on the connection', async () => {
  expect(await measureRoundTrip(client)).toBeGreaterThan(0)
})
