import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { addon } from './block-file.js'

/** What the reading thread gets; `room` has to be transferred. */
export interface SharedPipeOutput {
  readonly memory: SharedArrayBuffer
  /** Tells the writer, when it waits, that there is room again. */
  readonly room: MessagePort
}

/*
 * A ring of bytes behind a few numbers. Each number is set by one side, but for the two flags: whoever waits sets its own, looks once more, and then
 * waits; the other side clears it. What was written and read is counted modulo 2^32, of which the size of the ring is a divisor.
 */
const WRITTEN = 0
const READ = 1
const ENDED = 2
const READER_WAITS = 3
/** The count of written bytes that the reader waits for. */
const WANTED = 4
const WRITER_WAITS = 5
const STATE_BYTES = 64

/** A pipe from the thread that writes to one that waits in the read, in memory that both see: one copy on each side, and no call of the kernel for each. */
export class SharedPipe {
  readonly output: SharedPipeOutput
  readonly #state: Int32Array
  readonly #ring: Uint8Array
  readonly #room: MessagePort

  /** `bytes`: how much it holds, a power of two. */
  constructor(bytes: number) {
    const memory = new SharedArrayBuffer(STATE_BYTES + bytes)
    const { port1, port2 } = new MessageChannel()
    this.output = { memory, room: port2 }
    this.#state = stateOf(memory)
    this.#ring = new Uint8Array(memory, STATE_BYTES)
    this.#room = port1
  }

  /** Calls whenever there is room again after a write that did not take everything. */
  onRoom(call: () => void): void {
    this.#room.on('message', call)
    // What is written comes from somewhere that keeps the process alive.
    this.#room.unref()
  }

  /** Takes as much as there is room for, and tells how much that is. */
  write(bytes: Uint8Array): number {
    let written = this.#put(bytes)
    if (written === bytes.length) return written
    Atomics.store(this.#state, WRITER_WAITS, 1)
    written += this.#put(bytes.subarray(written))
    if (written === bytes.length) Atomics.store(this.#state, WRITER_WAITS, 0)
    return written
  }

  /** Nothing more comes. */
  end(): void {
    Atomics.store(this.#state, ENDED, 1)
    this.#wakeReader()
  }

  /** Nobody reads any more. */
  close(): void {
    this.#room.close()
  }

  #put(bytes: Uint8Array): number {
    const written = Atomics.load(this.#state, WRITTEN)
    const room = this.#ring.length - ((written - Atomics.load(this.#state, READ)) | 0)
    const count = Math.min(room, bytes.length)
    const at = (written >>> 0) % this.#ring.length
    const first = Math.min(count, this.#ring.length - at)
    addon().copyBytes(bytes, 0, this.#ring, at, first)
    if (count > first) addon().copyBytes(bytes, first, this.#ring, 0, count - first)
    const now = (written + count) | 0
    Atomics.store(this.#state, WRITTEN, now)
    if (Atomics.load(this.#state, READER_WAITS) === 1 && ((now - Atomics.load(this.#state, WANTED)) | 0) >= 0) this.#wakeReader()
    return count
  }

  #wakeReader(): void {
    Atomics.store(this.#state, READER_WAITS, 0)
    Atomics.notify(this.#state, READER_WAITS)
  }
}

/** The other end of a shared pipe, in the thread that reads it. */
export class SharedPipeReader {
  readonly #state: Int32Array
  readonly #ring: Uint8Array
  #read = 0

  constructor(private readonly output: SharedPipeOutput) {
    this.#state = stateOf(output.memory)
    this.#ring = new Uint8Array(output.memory, STATE_BYTES)
  }

  /** Waits until all of `bytes` has come, or no more comes, and tells how much it is. */
  readFull(bytes: Uint8Array): number {
    let filled = 0
    while (filled < bytes.length) {
      // At most half: the writer fills the other one meanwhile.
      this.#wait(Math.min(bytes.length - filled, this.#ring.length / 2))
      const count = this.take(filled === 0 ? bytes : bytes.subarray(filled))
      if (count === null) break
      filled += count
    }
    return filled
  }

  /** Takes what is there, without waiting; null = nothing more comes. */
  take(bytes: Uint8Array): number | null {
    const ended = this.#ended
    const available = this.#available
    if (available === 0) return ended ? null : 0
    const count = Math.min(available, bytes.length)
    const at = (this.#read >>> 0) % this.#ring.length
    const first = Math.min(count, this.#ring.length - at)
    addon().copyBytes(this.#ring, at, bytes, 0, first)
    if (count > first) addon().copyBytes(this.#ring, 0, bytes, first, count - first)
    this.#read = (this.#read + count) | 0
    Atomics.store(this.#state, READ, this.#read)
    const room = this.#ring.length - available + count
    if (room >= this.#ring.length / 2 && Atomics.exchange(this.#state, WRITER_WAITS, 0) === 1) this.output.room.postMessage(null)
    return count
  }

  get #ended(): boolean {
    return Atomics.load(this.#state, ENDED) === 1
  }

  get #available(): number {
    return (Atomics.load(this.#state, WRITTEN) - this.#read) | 0
  }

  #wait(count: number): void {
    while (this.#available < count) {
      Atomics.store(this.#state, WANTED, (this.#read + count) | 0)
      Atomics.store(this.#state, READER_WAITS, 1)
      if (this.#ended || this.#available >= count) break
      Atomics.wait(this.#state, READER_WAITS, 1)
    }
    Atomics.store(this.#state, READER_WAITS, 0)
  }
}

function stateOf(memory: SharedArrayBuffer): Int32Array {
  return new Int32Array(memory, 0, STATE_BYTES / Int32Array.BYTES_PER_ELEMENT)
}
