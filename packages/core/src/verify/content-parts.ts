import { type PathList, packPaths } from '@lustrebackup/lustreapi/path-list'
import type { ByteRange } from '../filediff/filediff-types.js'
import { SEGMENT_BYTES, segmentsOf } from './content-digest.js'
import type { ContentFile } from './content-port.js'

/** A segment of a file: what one thread reads at a time. */
export interface ContentPart {
  readonly file: ContentFile
  /** Number of the file. */
  readonly row: number
  readonly range: ByteRange
  readonly segmentIndex: number
  readonly segmentCount: number
}

/** Parts as threads are told of them, a row for each. */
export interface PartColumns {
  readonly paths: PathList
  readonly sizes: BigInt64Array
  readonly starts: BigInt64Array
  readonly ends: BigInt64Array
}

const SEGMENT = BigInt(SEGMENT_BYTES)
/** For each thread, in one batch. */
const THREAD_BYTES = SEGMENT
const THREAD_FILES = 256
/** What one file costs beside its bytes. */
const FILE_BYTES = 16n * 1024n

/** Cuts files into batches that keep so many threads busy for a while. */
export function* batchesOf(files: readonly ContentFile[], threads: number): Generator<ContentPart[]> {
  let batch: ContentPart[] = []
  let cost = 0n
  for (const part of partsOf(files)) {
    batch.push(part)
    cost += part.range.end - part.range.start + FILE_BYTES
    if (cost < THREAD_BYTES * BigInt(threads) && batch.length < THREAD_FILES * threads) continue
    yield batch
    batch = []
    cost = 0n
  }
  if (batch.length > 0) yield batch
}

export function columnsOf(parts: readonly ContentPart[]): PartColumns {
  return {
    paths: packPaths(parts.map(({ file }) => file.path)),
    sizes: BigInt64Array.from(parts, ({ file }) => file.size),
    starts: BigInt64Array.from(parts, ({ range }) => range.start),
    ends: BigInt64Array.from(parts, ({ range }) => range.end),
  }
}

function* partsOf(files: readonly ContentFile[]): Generator<ContentPart> {
  for (const [row, file] of files.entries()) {
    const segmentCount = Math.max(1, Number((file.size + SEGMENT - 1n) / SEGMENT))
    let segmentIndex = 0
    for (const range of segmentsOf(file.size)) {
      yield { file, row, range, segmentIndex, segmentCount }
      segmentIndex += 1
    }
  }
}
