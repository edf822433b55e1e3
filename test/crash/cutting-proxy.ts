import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { withSettings } from '../backup/settings.js'

/** A way to the sshd of a site that breaks after so many bytes. */
export class CuttingProxy {
  readonly #sockets = new Set<Socket>()
  #left = Number.POSITIVE_INFINITY
  /** Bytes that have come through, in both directions and over all connections. */
  passedBytes = 0

  private constructor(
    private readonly server: Server,
    private readonly sshdPort: number,
  ) {
    server.on('connection', (socket) => this.#relay(socket))
  }

  static async open({ sshd }: Site): Promise<CuttingProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new CuttingProxy(server, sshd.port)
  }

  /** The target, which goes this way to the source. */
  host({ sshd, target, folder }: Site): Host {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    const knownHosts = join(folder, 'proxy_known_hosts')
    writeFileSync(knownHosts, readFileSync(sshd.knownHostsFile, 'utf8').replace(`:${sshd.port} `, `:${address.port} `))
    const config = join(folder, 'proxy_ssh_config')
    const text = readFileSync(sshd.clientConfigFile, 'utf8')
    writeFileSync(
      config,
      text.replace(/Port .*/, `Port ${address.port}`).replace(/ UserKnownHostsFile .*/, ` UserKnownHostsFile ${knownHosts}`),
    )
    return withSettings(target, { SYSTEM: { ssh_config: config } })
  }

  /** After so many bytes more all connections are cut, once; those that come later pass. */
  cutAfter(bytes: number): void {
    this.#left = bytes
  }

  close(): void {
    this.#cut()
    this.server.close()
  }

  #relay(near: Socket): void {
    const far = dial(this.sshdPort, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => this.#pass(chunk, from, to))
      from.on('end', () => to.end())
    }
  }

  #pass(chunk: Buffer, from: Socket, to: Socket): void {
    this.passedBytes += chunk.length
    this.#left -= chunk.length
    if (this.#left < 0) {
      this.#left = Number.POSITIVE_INFINITY
      this.#cut()
    } else if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
