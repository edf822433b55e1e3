import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { PassThrough, Transform } from 'node:stream'
import type { RemoteChannel } from '../../ssh/remote-port.js'
import { inlinePool } from '../../workers/inline-pool.js'
import { createBlockJob } from '../block.job.js'
import type { BlockPool } from '../block-job-types.js'
import { type Checksum, HEADER_SIZE_DEFAULT, type Xattr } from '../filediff-types.js'
import { nativeBlockPool } from '../native-block-pool.js'
import { serveSource } from '../source-serve-run.js'

export interface LoopbackOptions {
  /** What happens to the bytes on their way to the target. */
  readonly toTarget?: Transform
  readonly toSource?: Transform
  readonly xattrs?: readonly Xattr[]
  /** Called when the source has greeted. */
  readonly whenServing?: () => void
}

/** Jobs in this thread; nothing has to be closed. */
export function inlineBlockPool(): BlockPool {
  return SHARED_POOL
}

/** What is used in production where that needs no threads. */
export function testPool(checksum: Checksum): BlockPool {
  return checksum === 'xxh128' ? nativeBlockPool(2) : inlineBlockPool()
}

const SHARED_POOL: BlockPool = inlinePool(createBlockJob, {}, 2)

/** A source process that is none: the source end in this process, behind two streams. */
export function openLoopback(path: string, options: LoopbackOptions = {}): RemoteChannel {
  const stdin = options.toSource ?? new PassThrough()
  const stdout = options.toTarget ?? new PassThrough()
  const input = stdin.pipe(new PassThrough())
  const output = copying()
  output.pipe(stdout)
  stdout.on('error', () => output.destroy())
  stdout.on('close', () => output.destroy())
  const exit = serve(path, input, output, options).then(
    () => ({ exitCode: 0, signal: null }),
    () => ({ exitCode: 1, signal: null }),
  )
  const stderr = new PassThrough()
  return {
    stdin,
    stdout,
    stderr,
    exit,
    close: () => {
      stdin.destroy()
      stdout.destroy()
      input.destroy()
      output.destroy()
    },
  }
}

/** What was written may be overwritten afterwards, as with any real connection. */
function copying(): Transform {
  return new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(chunk)) })
}

async function serve(path: string, input: PassThrough, output: Transform, options: LoopbackOptions): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY)
  try {
    const { size, mtimeNs, ctimeNs, ino, mode, uid, gid } = fstatSync(fd, { bigint: true })
    const file = { size, mtimeNs, ctimeNs, ino, mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid) }
    const bounds = { start: 0n, end: size }
    options.whenServing?.()
    await serveSource({
      fd,
      file,
      xattrs: options.xattrs ?? null,
      bounds,
      headerSize: HEADER_SIZE_DEFAULT,
      blockSize: null,
      input,
      output,
      openPool: testPool,
    })
  } finally {
    output.end()
    closeSync(fd)
  }
}

/** Ends the stream after so many bytes, as when a host disappears. */
export function cutAfter(bytes: number): Transform {
  let left = bytes
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left)
      left -= part.length
      if (part.length > 0) this.push(part)
      if (left === 0) this.end()
      done()
    },
  })
}

/** Flips a bit of one byte. */
export function flipAt(position: number): Transform {
  let at = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const copy = Buffer.from(chunk)
      if (position >= at && position < at + copy.length) copy[position - at]! ^= 0x10
      at += copy.length
      done(null, copy)
    },
  })
}
