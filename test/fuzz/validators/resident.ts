import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a forced command does with a command. */
export interface Judgement {
  readonly exitCode: number
  readonly stderr: string
  /** Where the program would run. */
  readonly folder: string
  /** What would be run; empty = nothing. */
  readonly words: readonly Buffer[]
}

const HEAD_TEXTS = 4

/** A forced command that stays: the script as it is installed in `site/bin`, without its last line, sourced once. */
export class ResidentValidator implements Disposable {
  readonly #bash: ChildProcessWithoutNullStreams
  readonly #ended: Promise<never>
  #texts: Buffer[] = []
  #rest: Buffer = Buffer.alloc(0)
  #heard: () => void = () => undefined

  constructor(site: string, name: string, args: readonly string[]) {
    const script = join(site, 'bin', `${name}.sh`)
    const text = readFileSync(script, 'utf8')
    if (!text.endsWith('\nmain "$@"\n')) throw new Error(`${script} does not end by calling main`)
    const sourced = join(site, 'bin', `${name}.sourced.sh`)
    writeFileSync(sourced, text.slice(0, text.lastIndexOf('main "$@"')))
    const resident = fileURLToPath(new URL('resident.sh', import.meta.url))
    const env = { PATH: '/usr/bin:/bin', HOME: '/', SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', ANSWER: join(site, 'answer') }
    this.#bash = spawn('/bin/bash', ['-p', resident, sourced, ...args], { env, cwd: '/' })
    this.#bash.stdout.on('data', (chunk: Buffer) => this.#hear(chunk))
    this.#ended = new Promise((_, reject) => this.#bash.once('close', (code) => reject(new Error(`the forced command ended with ${code}`))))
    this.#ended.catch(() => undefined)
  }

  /** One at a time. `command` holds no NUL: none could reach the forced command. */
  async judge(command: Buffer): Promise<Judgement> {
    this.#texts = []
    const answered = new Promise<void>((resolve) => {
      this.#heard = resolve
    })
    this.#bash.stdin.write(Buffer.concat([command, Buffer.of(0)]))
    await Promise.race([answered, this.#ended])
    const [exitCode, stderr, folder] = this.#texts.map((text) => text.toString('latin1'))
    return { exitCode: Number(exitCode), stderr: stderr!, folder: folder!, words: this.#texts.slice(HEAD_TEXTS) }
  }

  [Symbol.dispose](): void {
    this.#bash.kill('SIGKILL')
  }

  #hear(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk])
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0)) {
      this.#texts.push(bytes.subarray(0, end))
      bytes = bytes.subarray(end + 1)
    }
    this.#rest = bytes
    if (this.#texts.length === HEAD_TEXTS + Number(this.#texts[HEAD_TEXTS - 1] ?? Number.NaN)) this.#heard()
  }
}
