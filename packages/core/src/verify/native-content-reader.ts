import type { ContentColumns } from '@lustrebackup/lustreapi/binding'
import { ErrnoError, errnoName } from '@lustrebackup/lustreapi/errno'
import { packPaths } from '@lustrebackup/lustreapi/path-list'
import { addon, fileEnded } from '../filediff/block-file.js'
import { DIGEST_BYTES } from '../filediff/filediff-types.js'
import { InFlight } from '../workers/in-flight.js'
import { type StopFlag, throwIfStopped } from '../workers/stop-flag.js'
import { Turns } from '../workers/turns.js'
import type { Digested } from './content.job.js'
import { BLOCK_BYTES } from './content-digest.js'
import { batchesOf, type ContentPart } from './content-parts.js'
import type { ContentFile, ContentReader } from './content-port.js'

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
    const columns = {
      paths: packPaths(parts.map(({ file }) => file.path)),
      sizes: BigInt64Array.from(parts, ({ file }) => file.size),
      starts: BigInt64Array.from(parts, ({ range }) => range.start),
      ends: BigInt64Array.from(parts, ({ range }) => range.end),
    }
    return addon().contentDigests(folder, columns, { blockBytes: BLOCK_BYTES, inFlight, stop })
  }
  return {
    digest: async (files) => {
      const digested = new Array<Digested>(files.length)
      const join = new SegmentJoin(digested)
      const work = new InFlight(BATCHES)
      const digestBatch = async (parts: readonly ContentPart[]) => {
        const columns = await turns.run(async () => read(parts))
        throwIfStopped(stop)
        for (const [index, part] of parts.entries()) join.add(part, outcomeOf(columns, index, part))
      }
      try {
        for (const parts of batchesOf(files, inFlight)) await work.start(() => digestBatch(parts))
        await work.drain()
      } finally {
        // Whoever is told that it has failed may close.
        await work.drain().catch(() => undefined)
      }
      return digested
    },
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

/** Puts the digests of the segments of large files together. */
class SegmentJoin {
  readonly #segments = new Map<number, { left: number; readonly outcomes: Digested[] }>()

  constructor(private readonly digested: Digested[]) {}

  add({ row, segmentIndex, segmentCount }: ContentPart, outcome: Digested): void {
    if (segmentCount === 1) {
      this.digested[row] = outcome
      return
    }
    const known = this.#segments.get(row) ?? { left: segmentCount, outcomes: new Array<Digested>(segmentCount) }
    this.#segments.set(row, known)
    known.outcomes[segmentIndex] = outcome
    known.left -= 1
    if (known.left > 0) return
    this.#segments.delete(row)
    this.digested[row] = combined(known.outcomes)
  }
}

function combined(outcomes: readonly Digested[]): Digested {
  const wrong = outcomes.find(({ kind }) => kind !== 'digest')
  if (wrong !== undefined) return wrong
  const digests = Buffer.concat(outcomes.flatMap((outcome) => (outcome.kind === 'digest' ? [outcome.digest] : [])))
  return { kind: 'digest', digest: addon().xxh128Blocks(digests, digests.length) }
}
