import type { Pool } from '../workers/worker-types.js'
import { closePool } from './close-pool.js'
import type { ContentInput, Digested } from './content.job.js'
import { columnsOf } from './content-parts.js'
import type { ContentReader } from './content-port.js'
import { digestFiles, type PartReader } from './content-run.js'

/** For each thread: while it works on one, the next one waits for it. */
const BATCHES = 2

/** Reads and hashes in the threads of a pool. */
export function poolContentReader(pool: Pool<ContentInput, Digested[]>): ContentReader {
  const reader: PartReader = {
    threads: 1,
    batches: pool.size * BATCHES,
    read: (parts) => pool.run({ kind: 'parts', ...columnsOf(parts) }),
    combine: async (digests) => (await pool.run({ kind: 'combine', digests }))[0]!,
  }
  return { digest: (files) => digestFiles(files, reader), close: () => closePool(pool) }
}
