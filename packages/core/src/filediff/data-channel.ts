import type { RemoteChannel } from '../ssh/remote-port.js'
import { collectYoungBuffersOnly } from './collector.js'
import { SharedPipe, type SharedPipeOutput } from './shared-pipe.js'

/** What a pipe should hold, so that the one side need not wake for every packet of the other. */
export const PIPE_BYTES = 1024 * 1024
/** More than comes in while the thread that reads waits for a processor; so little that much of it stays in the cache. */
const SHARED_PIPE_BYTES = 4 * 1024 * 1024

/** Where a thread of its own can wait for what a source says. */
export type ChannelOutput = { readonly kind: 'pipe'; readonly fd: number } | ({ readonly kind: 'memory' } & SharedPipeOutput)

/** One way to a source process. What it says is read by a thread that waits for it. */
export interface DataChannel extends Omit<RemoteChannel, 'stdout'> {
  readonly output: ChannelOutput
  /** Whether as much may be under way as a long way needs. */
  readonly isWide: boolean
  /** Gives the output back. Whoever takes the channel does it when nothing reads it any more. */
  closeOutput(): void
}

/** A channel whose output comes through this thread. */
export function overPipe(channel: RemoteChannel): DataChannel {
  const pipe = new SharedPipe(SHARED_PIPE_BYTES)
  const { stdin, stdout, stderr, exit } = channel
  let isRead = true
  let ended = false
  let rest: Buffer | null = null
  const give = (bytes: Buffer) => {
    const written = pipe.write(bytes)
    rest = written === bytes.length ? null : bytes.subarray(written)
  }
  const end = () => {
    ended = true
    if (rest === null) pipe.end()
  }
  stdout.on('data', (chunk: Buffer) => {
    // Whoever reads has gone: the source is told by closing the channel.
    if (!isRead) return channel.close()
    give(chunk)
    if (rest !== null) stdout.pause()
  })
  pipe.onRoom(() => {
    if (rest !== null) give(rest)
    if (rest !== null) return
    stdout.resume()
    if (ended) pipe.end()
  })
  for (const event of ['end', 'close', 'error']) stdout.on(event, end)
  collectWhatComes(stdout)
  return {
    ...{ stdin, stderr, exit, isWide: true },
    output: { kind: 'memory', ...pipe.output },
    closeOutput: () => {
      isRead = false
      rest = null
      pipe.close()
      stdout.resume()
    },
    close: () => {
      channel.close()
      pipe.end()
    },
  }
}

/** Much of it is still to come when this has come. */
const MUCH_BYTES = 4 * 1024 * 1024

/** Not from the start: a setting that was changed costs every thread that starts later a tenth of a second. */
function collectWhatComes(from: NodeJS.ReadableStream): void {
  let bytes = 0
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes < MUCH_BYTES) return
    from.off('data', count)
    collectYoungBuffersOnly()
  }
  from.on('data', count)
}
