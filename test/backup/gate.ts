import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { RunningCommand } from '@lustrebackup/lustresim/site/site'

export interface GateOptions {
  readonly folder: string
  /** Name of the program, and the real one behind it. */
  readonly program: string
  readonly real: string
  /** What the arguments hold, as a pattern of the shell, where it waits. */
  readonly when: string
  /** Whether it waits after the real program has done its work, or before. */
  readonly wait: 'before' | 'after'
}

/** A program that stands in front of a real one and waits at one place, so that a test can do something just there. */
export class Gate {
  readonly program: string
  readonly #server: Server
  readonly #waiting = new Set<Socket>()
  #arrived = () => {}
  readonly #reached = new Promise<void>((resolve) => {
    this.#arrived = resolve
  })
  #open = false

  private constructor(program: string) {
    this.program = program
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined)
      this.#waiting.add(socket)
      if (this.#open) socket.end('go\n')
      this.#arrived()
    })
  }

  static async create({ folder, program, real, when, wait }: GateOptions): Promise<Gate> {
    mkdirSync(folder, { recursive: true })
    const gate = new Gate(join(folder, program))
    await new Promise<void>((resolve) => gate.#server.listen(0, '127.0.0.1', resolve))
    const address = gate.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the gate has no port')
    const pause = `exec 3<>/dev/tcp/127.0.0.1/${address.port}; read -r _ <&3; exec 3>&-`
    const [before, after] = wait === 'before' ? [pause, ''] : ['', pause]
    const lines = ['#!/bin/bash', `case "$*" in ${when}) ${before || ':'} ;; esac`, `${real} "$@"`, 'code=$?']
    writeFileSync(gate.program, [...lines, `case "$*" in ${when}) ${after || ':'} ;; esac`, 'exit $code', ''].join('\n'))
    chmodSync(gate.program, 0o755)
    return gate
  }

  /** Settles when the program waits; fails when the command that should have called it ends before. */
  async reached(command: RunningCommand): Promise<void> {
    const ended = command.result.then(({ exitCode, stderr }) => {
      throw new Error(`the command ended with ${exitCode} before it came to the gate: ${stderr}`)
    })
    await Promise.race([this.#reached, ended])
    ended.catch(() => undefined)
  }

  /** Lets everyone through, from now on. */
  open(): void {
    this.#open = true
    for (const socket of this.#waiting) socket.end('go\n')
  }

  close(): void {
    for (const socket of this.#waiting) socket.destroy()
    this.#server.close()
  }
}
