import { Socket, type SocketConstructorOpts } from 'node:net'
import type { RemoteChannel } from '../ssh/remote-port.js'
import { addon } from './block-file.js'
import { collectYoungBuffersOnly } from './collector.js'

/** What a pipe should hold, so that the one side need not wake for every packet of the other. */
export const PIPE_BYTES = 1024 * 1024

/** One way to a source process. What it says comes through a pipe, so that a thread of its own can wait for it. */
export interface DataChannel extends Omit<RemoteChannel, 'stdout'> {
  /** Read end of the pipe. Whoever takes the channel closes it. */
  readonly outputFd: number
  /** Whether as much may be under way as a long way needs. */
  readonly isWide: boolean
}

/** A channel whose output comes through this thread. */
export function overPipe(channel: RemoteChannel): DataChannel {
  const { readFd, writeFd } = addon().openPipe(PIPE_BYTES)
  const pipe = new Socket({ fd: writeFd, readable: false, writable: true, writableHighWaterMark: PIPE_BYTES } as SocketConstructorOpts)
  // Whoever reads has gone: the source is told by closing the channel.
  pipe.on('error', () => channel.close())
  channel.stdout.on('error', () => pipe.destroySoon())
  channel.stdout.on('close', () => pipe.destroySoon())
  gatherWrites(channel.stdout, pipe)
  collectWhatComes(channel.stdout)
  channel.stdout.pipe(pipe)
  return {
    stdin: channel.stdin,
    stderr: channel.stderr,
    exit: channel.exit,
    outputFd: readFd,
    isWide: true,
    close: () => {
      channel.close()
      pipe.destroy()
    },
  }
}

/** Lets what comes in one turn of the event loop go out with one call: each wakes the thread that reads. */
function gatherWrites(from: NodeJS.ReadableStream, to: Socket): void {
  let gathering = false
  from.on('data', () => {
    if (gathering) return
    gathering = true
    to.cork()
    setImmediate(() => {
      gathering = false
      to.uncork()
    })
  })
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
