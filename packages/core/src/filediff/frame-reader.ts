import { HEADER_BYTES } from './codec.js'
import { protocolError } from './filediff-error.js'

export interface Frame {
  readonly type: number
  readonly payload: Buffer
}

/**
 * Cuts a byte stream into frames, whatever the chunks it comes in. A length is checked against the limit of its type before anything is
 * allocated, and `allocate` gives the memory, so that large payloads land where they are needed without another copy.
 */
export class FrameReader {
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #payload: Buffer | null = null
  #payloadBytes = 0

  constructor(
    private readonly limits: ReadonlyMap<number, number>,
    private readonly allocate: (type: number, bytes: number) => Buffer = (_type, bytes) => Buffer.alloc(bytes),
  ) {}

  /** Gives the frames that `chunk` completes. */
  *push(chunk: Buffer): Generator<Frame> {
    let at = 0
    while (at < chunk.length) {
      if (this.#payload === null) at = this.#readHeader(chunk, at)
      if (this.#payload === null) return
      const copied = chunk.copy(this.#payload, this.#payloadBytes, at)
      at += copied
      this.#payloadBytes += copied
      if (this.#payloadBytes === this.#payload.length) yield this.#finishFrame(this.#payload)
    }
  }

  /** Throws when the stream ended within a frame. */
  end(): void {
    if (this.#headerBytes > 0) throw protocolError('it ends within a message')
  }

  #readHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes)
    this.#headerBytes += copied
    if (this.#headerBytes === HEADER_BYTES) this.#startPayload()
    return at + copied
  }

  #startPayload(): void {
    const { type, bytes } = parseHeader(this.#header, this.limits)
    this.#payload = this.allocate(type, bytes)
    this.#payloadBytes = 0
  }

  #finishFrame(payload: Buffer): Frame {
    this.#payload = null
    this.#headerBytes = 0
    return { type: this.#header[4]!, payload }
  }
}

/** Reads the header of a frame; `limits` holds the longest payload of each type that may come. */
export function parseHeader(header: Buffer, limits: ReadonlyMap<number, number>): { readonly type: number; readonly bytes: number } {
  const bytes = header.readUInt32LE(0)
  const type = header[4]!
  const limit = limits.get(type)
  if (limit === undefined || header.readUIntLE(5, 3) !== 0) {
    throw protocolError(`this is not a message: ${JSON.stringify(header.toString('latin1'))}`)
  }
  if (bytes > limit) throw protocolError(`a message of type ${type} has ${bytes} bytes, at most ${limit} are allowed`)
  return { type, bytes }
}
