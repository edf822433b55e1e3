import type { ContentColumns } from '@lustrebackup/lustreapi/binding'
import { ErrnoError, errnoName } from '@lustrebackup/lustreapi/errno'
import { addon, fileEnded } from '../filediff/block-file.js'
import { DIGEST_BYTES } from '../filediff/filediff-types.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import { Turns } from '../workers/turns.js'
import type { Digested } from './content.job.js'
import { BLOCK_BYTES } from './content-digest.js'
import { type ContentPart, columnsOf } from './content-parts.js'
import type { ContentFile, ContentReader } from './content-port.js'
import { digestFiles, type PartReader } from './content-run.js'

const CHECKSUM = 'xxh128'
/** While one batch comes to its end, in which not every thread has something to do, the next one is begun. */
const BATCHES = 2
const MOST_THREADS = 512

export interface NativeReaderSettings {
  /** Absolute path of the tree. */
  readonly root: string
  readonly threads: number
  readonly stop: StopFlag
}

/** Reads and hashes with xxh128 in the addon, whose threads cost nothing to start. */
export function nativeContentReader({ root, threads, stop }: NativeReaderSettings): ContentReader {
  const inFlight = Math.min(threads, MOST_THREADS)
  const turns = new Turns(BATCHES)
  let folder: number | null = null
  const read = (parts: readonly ContentPart[]): Promise<ContentColumns> => {
    throwIfStopped(stop)
    folder ??= addon().openRoot(root)
    return addon().contentDigests(folder, columnsOf(parts), { blockBytes: BLOCK_BYTES, inFlight, stop })
  }
  const reader: PartReader = {
    threads: inFlight,
    batches: BATCHES,
    read: async (parts) => {
      const columns = await turns.run(async () => read(parts))
      throwIfStopped(stop)
      return parts.map((part, index) => outcomeOf(columns, index, part))
    },
    combine: async (digests) => {
      const all = Buffer.concat(digests)
      return { kind: 'digest', digest: addon().xxh128Blocks(all, all.length) }
    },
  }
  return {
    digest: (files) => digestFiles(files, reader),
    close: async () => {
      if (folder !== null) addon().closeRoot(folder)
      folder = null
    },
  }
}

/** What has become of one part. */
function outcomeOf({ errno, size, bytes, digests }: ContentColumns, index: number, { file, range }: ContentPart): Digested {
  if (errno[index] !== 0) return failureOf(errno[index]!, size[index] === -1n ? 'open' : 'read', file)
  if (size[index] !== file.size) return { kind: 'other-size', size: size[index]! }
  const readBytes = bytes[index]!
  if (readBytes < range.end - range.start) return { kind: 'failed', code: null, reason: fileEnded(range.start + readBytes).message }
  const length = DIGEST_BYTES[CHECKSUM]
  return { kind: 'digest', digest: digests.subarray(index * length, (index + 1) * length) }
}

function failureOf(errno: number, syscall: string, { path }: ContentFile): Digested {
  return { kind: 'failed', code: errnoName(errno), reason: new ErrnoError({ errno, syscall, path }).message }
}
