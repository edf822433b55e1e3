import type { Writable } from 'node:stream'

/** The other side does not take what is sent any more; why, it says itself. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream'
}

/** Writes frames to a stream and waits where it is full. A broken stream fails the next write, and whoever waits. */
export class StreamWriter {
  #error: BrokenStream | null = null
  readonly #broken: Promise<never>

  constructor(private readonly stream: NodeJS.WritableStream) {
    this.#broken = new Promise((_, reject) => {
      const fail = (cause: Error) => {
        this.#error ??= new BrokenStream(cause.message, { cause })
        reject(this.#error)
      }
      stream.on('error', fail)
      stream.on('close', () => fail(new Error('the stream was closed')))
    })
    this.#broken.catch(() => undefined)
  }

  /** Sends bytes without waiting; `written` is called when they are on their way and their memory may be used again. */
  write(bytes: Buffer, written?: () => void): void {
    if (this.#error !== null) throw this.#error
    if ((this.stream as Writable).writableEnded) throw new BrokenStream('the stream was ended')
    this.stream.write(bytes, written)
  }

  /** Waits while the stream is full. */
  async ready(): Promise<void> {
    if (this.#error !== null) throw this.#error
    if (!(this.stream as Writable).writableNeedDrain) return
    let drained: () => void = () => undefined
    const drain = new Promise<void>((resolve) => {
      drained = resolve
    })
    this.stream.once('drain', drained)
    try {
      await Promise.race([drain, this.#broken])
    } finally {
      this.stream.removeListener('drain', drained)
    }
  }

  /** Waits until everything written has gone out. */
  async flushed(): Promise<void> {
    if (this.#error !== null) throw this.#error
    await Promise.race([new Promise<void>((resolve) => this.stream.write('', () => resolve())), this.#broken])
  }
}
