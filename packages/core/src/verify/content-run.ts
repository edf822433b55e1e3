import { packPaths } from '@lustrebackup/lustreapi/path-list'
import { InFlight } from '../workers/in-flight.js'
import type { Pool } from '../workers/worker-types.js'
import type { ContentInput, Digested } from './content.job.js'
import { SEGMENT_BYTES, segmentsOf } from './content-digest.js'
import type { ContentFile } from './content-port.js'

export type ContentPool = Pool<ContentInput, Digested[]>

/** Files of one message: few enough that no thread is left with much at the end. */
const BATCH_BYTES = BigInt(SEGMENT_BYTES) / 2n
const BATCH_FILES = 128
/** What one file costs beside its bytes. */
const FILE_BYTES = 16n * 1024n

/** Digests of files, in their order, by all threads of the pool: small files many at a time, large ones in segments. */
export async function digestFiles(files: readonly ContentFile[], pool: ContentPool): Promise<Digested[]> {
  const digested = new Array<Digested>(files.length)
  const work = new InFlight(pool.size * 2)
  let batch: number[] = []
  let bytes = 0n
  const flush = async () => {
    const rows = batch
    batch = []
    bytes = 0n
    if (rows.length > 0) await work.start(() => digestBatch(rows, files, pool, digested))
  }
  for (const [row, { size }] of files.entries()) {
    if (size > SEGMENT_BYTES) {
      await digestLarge(row, files[row]!, pool, work, digested)
      continue
    }
    batch.push(row)
    bytes += size + FILE_BYTES
    if (bytes >= BATCH_BYTES || batch.length >= BATCH_FILES) await flush()
  }
  await flush()
  await work.drain()
  return digested
}

async function digestBatch(rows: readonly number[], files: readonly ContentFile[], pool: ContentPool, digested: Digested[]): Promise<void> {
  const paths = packPaths(rows.map((row) => files[row]!.path))
  const sizes = BigUint64Array.from(rows, (row) => files[row]!.size)
  const outcomes = await pool.run({ kind: 'files', paths, sizes })
  for (const [index, row] of rows.entries()) digested[row] = outcomes[index]!
}

/** Starts the segments of one file; the last one to end puts them together. */
async function digestLarge(
  row: number,
  { path, size }: ContentFile,
  pool: ContentPool,
  work: InFlight,
  digested: Digested[],
): Promise<void> {
  const ranges = [...segmentsOf(size)]
  const outcomes = new Array<Digested>(ranges.length)
  let left = ranges.length
  for (const [index, range] of ranges.entries()) {
    await work.start(async () => {
      outcomes[index] = (await pool.run({ kind: 'segment', path, size, range }))[0]!
      left -= 1
      if (left === 0) digested[row] = await joinSegments(outcomes, pool)
    })
  }
}

async function joinSegments(outcomes: readonly Digested[], pool: ContentPool): Promise<Digested> {
  const wrong = outcomes.find(({ kind }) => kind !== 'digest')
  if (wrong !== undefined) return wrong
  const digests = outcomes.flatMap((outcome) => (outcome.kind === 'digest' ? [outcome.digest] : []))
  return (await pool.run({ kind: 'combine', digests }))[0]!
}
