import type { Readable, Writable } from 'node:stream'
import type { Config } from '../config/config-types.js'
import { addon } from './block-file.js'
import { larger, smaller } from './block-grid.js'
import { PIPE_BYTES } from './data-channel.js'
import { FilediffError } from './filediff-error.js'
import type { Checksum } from './filediff-types.js'
import { openLustreFacts } from './lustre-facts.js'
import { openBlockPool } from './native-block-pool.js'
import { openSourceFile } from './source-file.js'
import { serveSource, tellTarget } from './source-serve-run.js'
import { StreamWriter } from './stream-writer.js'

export interface SourceFilediffOptions {
  readonly path: Buffer
  /** Bytes that may be asked for; null = all. */
  readonly offset: bigint | null
  readonly end: bigint | null
  /** The size that the file must have; null = any. */
  readonly filesize: bigint | null
  readonly attributes: boolean
  readonly headerSize: number
  /** The block size that the target must ask for; null = any. */
  readonly blockSize: number | null
}

export interface SourceStreams {
  readonly input: Readable
  readonly output: Writable
  /** Where `output` is a pipe. */
  readonly outputFd: number | null
}

/** Threads of a source process: reading and hashing of one file rarely gain from more, and many such processes run at once. */
const THREADS_MAX = 4

/** The source end of filediff: serves one file of a snapshot over stdin and stdout. */
export async function runSourceFilediff(
  options: SourceFilediffOptions,
  config: Config,
  streams: SourceStreams,
): Promise<{ readonly dataBytes: bigint; readonly sizeBytes: bigint }> {
  let opened: Awaited<ReturnType<typeof openFile>>
  try {
    opened = await openFile(options, config)
  } catch (error) {
    await tellTarget(new StreamWriter(streams.output), error)
    throw error
  }
  if (streams.outputFd !== null) addon().widenPipe(streams.outputFd, PIPE_BYTES)
  const openPool = (checksum: Checksum) => openBlockPool(checksum, Math.min(config.system.nprocs, THREADS_MAX))
  try {
    const { fd, file, xattrs } = opened
    const bounds = { start: options.offset ?? 0n, end: smaller(options.end ?? file.size, file.size) }
    const { headerSize, blockSize } = options
    const { input, output } = streams
    const { dataBytes } = await serveSource({ fd, file, xattrs, bounds, headerSize, blockSize, openPool, input, output })
    return { dataBytes, sizeBytes: larger(0n, bounds.end - bounds.start) }
  } finally {
    opened.close()
  }
}

async function openFile({ path, filesize, attributes }: SourceFilediffOptions, config: Config) {
  const api = addon()
  const facts = openLustreFacts(api, config.lustre.liblustreapi)
  const opened = await openSourceFile({ api, facts, snapshotHome: config.lustre.snapshotHome, path, withAttributes: attributes })
  if (filesize === null || opened.file.size === filesize) return opened
  opened.close()
  throw new FilediffError(
    'FILEDIFF_SIZE',
    `the file has ${opened.file.size} bytes on the source instead of ${filesize}: it changed since it was listed`,
  )
}
