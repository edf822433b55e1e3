import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { dataFromError } from '../workers/error-data.js'
import { addon } from './block-file.js'
import { decodeError, FRAME, FROM_SOURCE, HEADER_BYTES } from './codec.js'
import type { ChannelOutput } from './data-channel.js'
import { FilediffError, protocolError } from './filediff-error.js'
import { type Frame, parseHeader } from './frame-reader.js'
import { openHasher } from './hashes.js'
import { LaneReceiver } from './lane-receiver.js'
import { LaneReport } from './lane-report.js'
import type { LaneCommand, LaneEvent, LaneInput } from './lane-types.js'
import { SharedPipeReader } from './shared-pipe.js'
import { steadyMs } from './steady-clock.js'

/**
 * Reads one channel to its end. Waits in the read itself: a block goes from the pipe to the disk while it is in the processor's cache, and
 * wakes no other thread.
 */
export function createLaneJob(): (input: LaneInput) => Promise<null> {
  let memory = Buffer.alloc(0)
  return async ({ output, port }) => {
    const report = new LaneReport((events) => port.postMessage(events))
    const lane = new Lane(port, openReader(output), report, (bytes) => {
      if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(bytes)
      return memory.subarray(0, bytes)
    })
    const last = await lane.run().then(
      (): LaneEvent => ({ kind: 'ended' }),
      (error: unknown): LaneEvent => ({ kind: 'failed', error: dataFromError(error), changeFailed: lane.changeFailed }),
    )
    report.add(last)
    report.flush()
    return null
  }
}

class Lane {
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #receiver: LaneReceiver | null = null

  constructor(
    private readonly port: MessagePort,
    private readonly read: (bytes: Buffer) => number,
    private readonly report: LaneReport,
    /** Memory for a block, which is used again for the next one. */
    private readonly blockMemory: (bytes: number) => Buffer,
  ) {}

  get changeFailed(): boolean {
    return this.#receiver?.changeFailed ?? false
  }

  async run(): Promise<void> {
    while (this.read(this.#header) === HEADER_BYTES) {
      const { type, bytes } = parseHeader(this.#header, FROM_SOURCE)
      // What was asked was told before the source could answer it.
      await this.#takeCommands()
      const payload = this.#memoryFor(type, bytes)
      if (this.read(payload) < bytes) return
      this.#frame({ type, payload })
    }
  }

  async #takeCommands(): Promise<void> {
    for (let next = receiveMessageOnPort(this.port); next !== undefined; next = receiveMessageOnPort(this.port)) {
      const command = next.message as LaneCommand
      if (command.kind === 'serve') this.#receiver = new LaneReceiver(command, await openHasher(command.checksum), this.report)
      else this.#receiver!.command(command)
    }
  }

  #memoryFor(type: number, bytes: number): Buffer {
    if (type !== FRAME.data) return Buffer.alloc(bytes)
    if (this.#receiver === null) throw protocolError('the source sends data before it was asked for any')
    if (bytes > this.#receiver.dataBytesMax) throw protocolError(`the source sends a block of ${bytes} bytes`)
    return this.blockMemory(bytes)
  }

  #frame(frame: Frame): void {
    if (frame.type === FRAME.sourceError) throw sourceFailed(frame.payload)
    if (frame.type === FRAME.echoed) {
      this.report.add({ kind: 'echoed', atMs: steadyMs() })
      this.report.flush()
    } else if (this.#receiver === null) {
      this.report.add({ kind: 'greeting', type: frame.type, payload: new Uint8Array(frame.payload) })
      this.report.flush()
    } else this.#receiver.frame(frame)
  }
}

/** Waits until all of the bytes have come, or no more come, and tells how many. */
function openReader(output: ChannelOutput): (bytes: Buffer) => number {
  if (output.kind === 'pipe') return (bytes) => addon().readFull(output.fd, bytes)
  const reader = new SharedPipeReader(output)
  return (bytes) => reader.readFull(bytes)
}

function sourceFailed(payload: Buffer): FilediffError {
  const { code, message } = decodeError(payload)
  return new FilediffError(code, `the source gave up: ${message}`)
}
