import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { defer } from '../types/deferred.js'
import { errorFromData } from '../workers/error-data.js'
import { decodeAttributes } from './attributes-codec.js'
import { decodeSourceHello, encodeCredit, encodeError, encodeFrame, FRAME, type SourceHello } from './codec.js'
import type { DataChannel } from './data-channel.js'
import { FilediffError, protocolError } from './filediff-error.js'
import type { Xattr } from './filediff-types.js'
import type { LaneThreads } from './lane-threads.js'
import type { LaneCommand, LaneEvent, LaneTarget } from './lane-types.js'
import { steadyMs } from './steady-clock.js'
import { BrokenStream, StreamWriter } from './stream-writer.js'

const STDERR_TAIL_CHARACTERS = 2000
/** The exit code of ssh itself. */
const SSH_FAILED = 255

export interface Greeting extends SourceHello {
  /** null = they were not asked for. */
  readonly xattrs: readonly Xattr[] | null
}

/** Events of a session once it serves. */
export type ServingEvent = Exclude<LaneEvent, { kind: 'greeting' | 'echoed' | 'ended' | 'failed' }>

/** The target's end of one channel to a source process, which a thread of its own reads. The first failure, of whatever part, ends it. */
export class SourceSession {
  readonly writer: StreamWriter
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>
  /** Resolves when the source has closed its end after everything was done, or the session has failed. */
  readonly ended: Promise<void>
  /** Resolves when nothing is done to the target file any more. */
  readonly stopped: Promise<void>
  readonly #failure = defer<never>()
  readonly #greeting = defer<Greeting>()
  readonly #lastEvent = defer<void>()
  #echoed: ((atMs: number) => void) | null = null
  readonly #port: MessagePort
  #error: { readonly error: unknown } | null = null
  #hello: SourceHello | null = null
  #serving: ((event: ServingEvent) => void) | null = null
  #endExpected = false
  #changeFailed = false
  #stderr = ''

  constructor(
    private readonly channel: DataChannel,
    private readonly withAttributes: boolean,
    threads: LaneThreads,
  ) {
    this.writer = new StreamWriter(channel.stdin)
    this.failed = this.#failure.promise
    this.failed.catch(() => undefined)
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-STDERR_TAIL_CHARACTERS)
    })
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (events: readonly LaneEvent[]) => {
      for (const event of events) this.#take(event)
    })
    this.stopped = this.#read(threads, port2)
    this.ended = this.stopped.then(() => this.#checkEnd()).catch((error: unknown) => this.fail(error))
  }

  /** Whether a change of the target file did not succeed. */
  get changeFailed(): boolean {
    return this.#changeFailed
  }

  greeting(): Promise<Greeting> {
    return Promise.race([this.#greeting.promise, this.failed])
  }

  /** Tells in milliseconds how long an answer takes, once there is one. Comes before the first question; nothing waits for it. */
  measureRoundTrip(tell: (milliseconds: number) => void): void {
    const startedMs = steadyMs()
    this.#echoed = (atMs) => tell(atMs - startedMs)
    this.writer.write(encodeFrame(FRAME.echo, Buffer.alloc(0)))
  }

  /** From here on answers are expected, and done to the target file. */
  serve(target: LaneTarget, take: (event: ServingEvent) => void): void {
    this.#serving = take
    this.tell({ kind: 'serve', ...target })
  }

  /** Comes before the question itself. */
  tell(command: LaneCommand): void {
    this.#port.postMessage(command)
  }

  /** Whether as much may be under way as a long way needs. */
  get isWide(): boolean {
    return this.channel.isWide
  }

  /** Lets the source end although not everything is answered; what is on its way is still done to the target file. */
  leave(): void {
    this.expectEnd()
    this.#writeIfOpen(encodeFrame(FRAME.leave, Buffer.alloc(0)))
  }

  /** Everything was answered: the source may close now. */
  expectEnd(): void {
    this.#endExpected = true
  }

  /** Lets the source send so many more bytes. One that has said everything needs none and may be gone; one that broke down says why itself. */
  giveCredit(bytes: number): void {
    if (this.#endExpected || this.#error !== null) return
    this.#writeIfOpen(encodeCredit(bytes))
  }

  #writeIfOpen(frame: Buffer): void {
    try {
      this.writer.write(frame)
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error
    }
  }

  /** Waits until the source has ended after everything was answered. */
  async close(): Promise<void> {
    this.channel.stdin.end()
    await this.ended
  }

  /**
   * Ends the session and gives the error to report. When the way to the source broke, that is what the source itself says, or why it ended:
   * it is still on the way.
   */
  async failWith(error: unknown): Promise<unknown> {
    if (error instanceof BrokenStream) await Promise.race([this.ended, this.failed.catch(() => undefined)])
    this.fail(error)
    return this.#error?.error ?? error
  }

  /** Tells the source, and closes the channel. */
  fail(error: unknown): void {
    if (this.#error !== null) return
    this.#error = { error }
    this.#failure.reject(error)
    try {
      this.writer.write(encodeError(FRAME.targetError, { code: 'FILEDIFF_TARGET', message: reasonOf(error) }))
    } catch {
      // The channel is gone already.
    }
    this.channel.close()
  }

  async #read(threads: LaneThreads, port: MessagePort): Promise<void> {
    const { output } = this.channel
    try {
      await threads.run({ output, port })
      await this.#lastEvent.promise
    } catch (error) {
      this.fail(error)
    } finally {
      this.channel.closeOutput()
      this.#port.close()
    }
  }

  async #checkEnd(): Promise<void> {
    if (this.#endExpected || this.#error !== null) return
    // A source that still lives, and only lost its way to us, ends now.
    this.channel.stdin.end()
    const { exitCode, signal } = await this.channel.exit
    throw this.#gone(exitCode, signal)
  }

  #take(event: LaneEvent): void {
    try {
      if (event.kind === 'ended') this.#lastEvent.resolve()
      else if (event.kind === 'failed') this.#laneFailed(event)
      else if (event.kind === 'echoed') this.#takeEcho(event.atMs)
      else if (event.kind === 'greeting') this.#greeted(event.type, Buffer.from(event.payload))
      else this.#serving?.(event)
    } catch (error) {
      this.fail(error)
    }
  }

  #takeEcho(atMs: number): void {
    if (this.#echoed === null) throw protocolError('the source answers an echo that it was not asked for')
    this.#echoed(atMs)
    this.#echoed = null
  }

  #laneFailed({ error, changeFailed }: Extract<LaneEvent, { kind: 'failed' }>): void {
    this.#changeFailed = changeFailed
    this.fail(errorFromData(error))
    this.#lastEvent.resolve()
  }

  #greeted(type: number, payload: Buffer): void {
    if (this.#hello === null) {
      if (type !== FRAME.sourceHello) throw protocolError('the source does not begin with a greeting')
      this.#hello = decodeSourceHello(payload)
      if (!this.withAttributes) this.#greeting.resolve({ ...this.#hello, xattrs: null })
    } else if (type === FRAME.attributes && this.withAttributes) {
      this.#greeting.resolve({ ...this.#hello, xattrs: decodeAttributes(payload) })
    } else throw protocolError(`the source sends a message of type ${type} before it was asked for anything`)
  }

  #gone(exitCode: number | null, signal: string | null): LustrebackupError {
    const end = exitCode === null ? `signal ${signal ?? 'unknown'}, or the connection was lost` : `exit code ${exitCode}`
    const text = this.#stderr.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
    if (exitCode === SSH_FAILED && this.#hello === null) return sshFailed(text)
    return new FilediffError(
      'FILEDIFF_SOURCE_GONE',
      `the source ended before the file was complete (${end})${text === '' ? '' : `: ${text}`}`,
      {
        hint: 'The next run continues with this file.',
      },
    )
  }
}

function sshFailed(text: string): LustrebackupError {
  return new LustrebackupError('SSH_UNREACHABLE', `cannot start filediff on the source: ${text === '' ? 'ssh failed' : text}`, {
    hint: 'try ssh to the source as this user; check the name, the keys, the network and that sshd runs there',
  })
}
