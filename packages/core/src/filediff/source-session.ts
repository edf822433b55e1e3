import { reasonOf } from '../errors/errors.js'
import type { RemoteChannel } from '../ssh/remote-port.js'
import { decodeAttributes } from './attributes-codec.js'
import { decodeError, decodeSourceHello, encodeCredit, encodeError, FRAME, FROM_SOURCE, type SourceHello } from './codec.js'
import { FilediffError, protocolError } from './filediff-error.js'
import type { Xattr } from './filediff-types.js'
import { type Frame, FrameReader } from './frame-reader.js'
import { BrokenStream, StreamWriter } from './stream-writer.js'

const STDERR_TAIL_CHARACTERS = 2000

export interface Greeting extends SourceHello {
  /** null = they were not asked for. */
  readonly xattrs: readonly Xattr[] | null
}

/** Who takes the frames of a session after its greeting. */
export interface SessionHandler {
  /** Memory for the payload of a DATA frame. */
  allocate(bytes: number): Buffer
  frame(frame: Frame): void
}

/** The target's end of one channel to a source process. The first failure, of whatever part, ends it. */
export class SourceSession {
  readonly writer: StreamWriter
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>
  /** Resolves when the source has closed its end after everything was done. */
  readonly ended: Promise<void>
  #reject: (error: unknown) => void = () => undefined
  #error: { readonly error: unknown } | null = null
  #hello: SourceHello | null = null
  #greet: (greeting: Greeting) => void = () => undefined
  readonly #greeting: Promise<Greeting>
  #handler: SessionHandler | null = null
  #endExpected = false
  #stderr = ''

  constructor(
    private readonly channel: RemoteChannel,
    private readonly withAttributes: boolean,
  ) {
    this.writer = new StreamWriter(channel.stdin)
    this.failed = new Promise((_, reject) => {
      this.#reject = reject
    })
    this.failed.catch(() => undefined)
    this.#greeting = new Promise((resolve) => {
      this.#greet = resolve
    })
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-STDERR_TAIL_CHARACTERS)
    })
    this.ended = this.#listen().catch((error: unknown) => this.fail(error))
  }

  greeting(): Promise<Greeting> {
    return Promise.race([this.#greeting, this.failed])
  }

  serve(handler: SessionHandler): void {
    this.#handler = handler
  }

  /** Everything was answered: the source may close now. */
  expectEnd(): void {
    this.#endExpected = true
  }

  /** Lets the source send so many more bytes; one that has said everything needs none, and may be gone already. */
  giveCredit(bytes: number): void {
    if (!this.#endExpected) this.writer.write(encodeCredit(bytes))
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
    this.#reject(error)
    try {
      this.writer.write(encodeError(FRAME.targetError, { code: 'FILEDIFF_TARGET', message: reasonOf(error) }))
    } catch {
      // The channel is gone already.
    }
    this.channel.close()
  }

  async #listen(): Promise<void> {
    await this.#read()
    if (this.#endExpected || this.#error !== null) return
    // A source that still lives, and only lost its way to us, ends now.
    this.channel.stdin.end()
    const { exitCode, signal } = await this.channel.exit
    throw this.#gone(exitCode, signal)
  }

  /** Takes chunks as they come: an iterator would join all that are waiting into one large copy. */
  #read(): Promise<void> {
    const reader = new FrameReader(FROM_SOURCE, (type, bytes) => this.#allocate(type, bytes))
    const { stdout } = this.channel
    return new Promise((resolve, reject) => {
      stdout.on('data', (chunk: Buffer) => {
        try {
          for (const frame of this.#error === null ? reader.push(chunk) : []) this.#dispatch(frame)
        } catch (error) {
          reject(error)
        }
      })
      // A stream that breaks ends like one that is closed; why is said with it.
      stdout.on('error', (error) => {
        this.#stderr += ` ${reasonOf(error)}`
        resolve()
      })
      for (const end of ['end', 'close']) stdout.on(end, () => resolve())
    })
  }

  #allocate(type: number, bytes: number): Buffer {
    if (type !== FRAME.data) return Buffer.alloc(bytes)
    if (this.#handler === null) throw protocolError('the source sends data before it was asked for any')
    return this.#handler.allocate(bytes)
  }

  #dispatch(frame: Frame): void {
    if (frame.type === FRAME.sourceError) throw sourceFailed(frame.payload)
    if (this.#hello === null) this.#greeted(frame)
    else if (this.#handler !== null) this.#handler.frame(frame)
    else if (frame.type === FRAME.attributes && this.withAttributes) {
      this.#greet({ ...this.#hello, xattrs: decodeAttributes(frame.payload) })
    } else throw protocolError(`the source sends a message of type ${frame.type} before it was asked for anything`)
  }

  #greeted({ type, payload }: Frame): void {
    if (type !== FRAME.sourceHello) throw protocolError('the source does not begin with a greeting')
    this.#hello = decodeSourceHello(payload)
    if (!this.withAttributes) this.#greet({ ...this.#hello, xattrs: null })
  }

  #gone(exitCode: number | null, signal: string | null): FilediffError {
    const end = exitCode === null ? `signal ${signal ?? 'unknown'}, or the connection was lost` : `exit code ${exitCode}`
    const text = this.#stderr.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim()
    return new FilediffError(
      'FILEDIFF_SOURCE_GONE',
      `the source ended before the file was complete (${end})${text === '' ? '' : `: ${text}`}`,
      {
        hint: 'The next run continues with this file.',
      },
    )
  }
}

function sourceFailed(payload: Buffer): FilediffError {
  const { code, message } = decodeError(payload)
  return new FilediffError(code, `the source gave up: ${message}`)
}
