import { randomBytes } from 'node:crypto'
import { createExec } from '@lustrebackup/core/exec/execa-exec'
import { connectSsh2 } from '@lustrebackup/core/ssh/connect-ssh2'
import { findHostKeys } from '@lustrebackup/core/ssh/host-keys'
import { loadSshSettings } from '@lustrebackup/core/ssh/ssh-settings'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import type { Client } from 'ssh2'
import { afterEach, expect, it } from 'vitest'

const exec = createExec({ commandPath: '/usr/bin:/bin', environment: {} })
let sshd: TestSshd
let client: Client
afterEach(async () => {
  client.destroy()
  await sshd.close()
})

async function connect(sshdConfig: readonly string[]): Promise<void> {
  sshd = await startSshd({ sshdConfig })
  const settings = await loadSshSettings('source', sshd.clientConfigFile, exec)
  client = await connectSsh2('source', settings, await findHostKeys(settings, exec))
}

const decipherName = () => (client as unknown as { _protocol: { _decipher: object } })._protocol._decipher.constructor.name

/** What comes back from `cat`. */
function echoed(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.exec('cat', (error, channel) => {
      if (error !== undefined) return reject(error)
      const chunks: Buffer[] = []
      channel.on('data', (chunk: Buffer) => chunks.push(chunk)).on('close', () => resolve(Buffer.concat(chunks)))
      channel.end(bytes)
    })
  })
}

it('decrypts AES-GCM with the addon, with each new key too', async () => {
  await connect(['RekeyLimit 1M'])
  let handshakes = 0
  client.on('handshake', () => {
    handshakes += 1
  })
  const bytes = randomBytes(5_000_000)
  expect((await echoed(bytes)).equals(bytes)).toBe(true)
  expect(handshakes).toBeGreaterThan(2)
  expect(decipherName()).toBe('PacketDecipher')
})

it('leaves other ciphers to ssh2', async () => {
  await connect(['Ciphers aes128-ctr'])
  const bytes = randomBytes(100_000)
  expect((await echoed(bytes)).equals(bytes)).toBe(true)
  expect(decipherName()).not.toBe('PacketDecipher')
})
