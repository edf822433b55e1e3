import { createReduceJob, type ReduceInput } from '../changelog/reduce.job.js'
import { TOUCHED_WORDS } from '../changelog/touched-types.js'
import { growingPool } from '../workers/growing-pool.js'
import { inlinePool } from '../workers/inline-pool.js'
import { createPool } from '../workers/thread-pool.js'
import type { CreateJob, Pool } from '../workers/worker-types.js'
import { createMapJob, type MapInput } from './map.job.js'
import type { MapPools } from './map-request-types.js'

/** Bytes of changelogs that are read sooner than a thread starts. */
const INLINE_BYTES = 4 * 1024 * 1024
/** Entries that are looked up sooner than a thread starts. */
const INLINE_ENTRIES = 4096
/** What a directory is taken to hold before it is read. */
const DIRECTORY_ENTRIES = 64

/**
 * The threads of a map, as many as `nprocs` of each kind. They start when there is enough to do: a map of little is made in the main thread, where
 * what waits is done by threads of the addon. LUSTREBACKUP_INLINE=1 runs all jobs in the main thread, where a debugger sees them; =0 none of them.
 */
export function mapPools(nprocs: number): MapPools {
  const inlineOnly = process.env.LUSTREBACKUP_INLINE
  const open = <Settings, Input, Output>(
    name: string,
    createJob: CreateJob<Settings, Input, Output>,
    settings: Settings,
    { costOf, inlineCost }: { costOf(input: Input): number; readonly inlineCost: number },
  ): Pool<Input, Output> => {
    const startThreads = () => createPool<Settings, Input, Output>(name, settings, nprocs)
    if (inlineOnly === '0') return startThreads()
    // Workers are told apart by their numbers: those of the threads begin with 0.
    const inline = inlinePool((own: Settings) => createJob(own, nprocs), settings, 1)
    if (inlineOnly === '1') return inline
    return growingPool({ inline, threadCount: nprocs, startThreads, costOf, inlineCost })
  }
  return {
    reduce: (settings) => open('reduce', createReduceJob, settings, { costOf: reduceCost, inlineCost: INLINE_BYTES }),
    map: (settings) => open('map', createMapJob, settings, { costOf: mapCost, inlineCost: INLINE_ENTRIES }),
  }
}

function reduceCost(input: ReduceInput): number {
  return input.kind === 'chunk' || input.kind === 'collect' ? input.records.byteLength : 0
}

function mapCost(input: MapInput): number {
  switch (input.kind) {
    case 'resolve':
      return input.entries.reduce((sum, entries) => sum + ('wordCount' in entries ? entries.wordCount : entries.length) / TOUCHED_WORDS, 0)
    case 'walk':
    case 'expand':
      return input.directories.length * DIRECTORY_ENTRIES
    case 'group':
      return input.parts.reduce((sum, { entryCount }) => sum + entryCount, 0)
    default:
      return 0
  }
}
