import { closeSync, constants, openSync } from 'node:fs'
import type { RemoteChannel } from '../../ssh/remote-port.js'
import { overPipe } from '../data-channel.js'
import type { Checksum } from '../filediff-types.js'
import { HEADER_SIZE_DEFAULT } from '../filediff-types.js'
import { KeptDigests } from '../kept-digests.js'
import { LaneThreads } from '../lane-threads.js'
import { plainChannels } from '../source-channels-port.js'
import { type TransferRequest, type TransferResult, transferFile } from '../transfer-run.js'
import { openLoopback, testPool } from './loopback-source.js'

export interface HarnessOptions extends Partial<Omit<TransferRequest, 'plan' | 'openKept'>> {
  readonly source: string
  readonly target: string
  readonly blockSize?: number
  readonly pendingLimit?: number
  readonly carriedMeanwhileBytes?: bigint
  readonly hugefileSizeBytes?: bigint
  readonly checksum?: Checksum
  readonly channel?: () => RemoteChannel
  /** Path of the kept digests. */
  readonly kept?: string
}

/** Started once for all tests of a file. */
const threads = new LaneThreads()

/** One transfer within this process, with the options that a test does not care about filled in. */
export async function transfer(options: HarnessOptions): Promise<TransferResult> {
  const {
    source,
    target,
    blockSize = 4096,
    pendingLimit = 8,
    carriedMeanwhileBytes = 2n ** 60n,
    hugefileSizeBytes = 2n ** 60n,
    checksum = 'xxh128',
    channel,
    kept,
    ...rest
  } = options
  const fd = openSync(target, constants.O_RDWR | constants.O_CREAT)
  const pool = testPool(checksum)
  try {
    return await transferFile({
      fd,
      source,
      channels: plainChannels(async () => overPipe(channel?.() ?? openLoopback(source))),
      words: [],
      checksum,
      // Small, so that every test meets the limits.
      plan: {
        blockSize,
        hugefileSizeBytes,
        hugeChannelCount: 3,
        windowBytes: Math.max(65536, blockSize),
        pendingLimit,
        carriedMeanwhileBytes,
      },
      headerSize: HEADER_SIZE_DEFAULT,
      bounds: null,
      expectedSize: null,
      withAttributes: false,
      openKept: kept === undefined ? null : (size) => KeptDigests.open(kept, { blockSize: size, checksum }),
      dataVersion: async () => null,
      setAttributes: () => undefined,
      pool,
      threads,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...rest,
    })
  } finally {
    await pool.close()
    closeSync(fd)
  }
}
