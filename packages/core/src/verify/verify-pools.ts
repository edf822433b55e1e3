import { inlinePool } from '../workers/inline-pool.js'
import { createPool } from '../workers/thread-pool.js'
import type { CreateJob, Pool } from '../workers/worker-types.js'
import { type CompareInput, type CompareJobSettings, type CompareOutput, createCompareJob } from './compare.job.js'
import { type ContentInput, type ContentJobSettings, createContentJob, type Digested } from './content.job.js'
import type { ContentReader } from './content-port.js'
import { nativeContentReader } from './native-content-reader.js'
import { poolContentReader } from './pool-content-reader.js'
import { createResolveJob, type ResolveInput, type ResolveJobSettings, type ResolveOutput } from './resolve.job.js'

export type ResolvePool = Pool<ResolveInput, ResolveOutput>
export type ComparePool = Pool<CompareInput, CompareOutput>

/** In the main thread: while one waits, another one computes. */
const INLINE_JOBS = 2
/** Tasks that make up for the time which a thread takes to start. */
const TASKS_OF_A_THREAD = 8

/** The threads of a verification. */
export interface VerifyPools {
  content(settings: ContentJobSettings): ContentReader
  resolve(settings: ResolveJobSettings, taskCount: number): ResolvePool
  compare(settings: CompareJobSettings, taskCount: number): ComparePool
}

/**
 * A few tasks are done in the main thread: what they wait for is done by threads of the addon anyway. LUSTREBACKUP_INLINE=1 runs all jobs in the
 * main thread, where a debugger sees them.
 */
export function verifyPools(nprocs: number): VerifyPools {
  const inline = process.env.LUSTREBACKUP_INLINE === '1'
  const open = <Settings, Input, Output>(name: string, createJob: CreateJob<Settings, Input, Output>, settings: Settings, size: number) =>
    inline || size === 0 ? inlinePool(createJob, settings, INLINE_JOBS) : createPool<Settings, Input, Output>(name, settings, size)
  const threadsFor = (taskCount: number) => Math.min(nprocs, Math.floor(taskCount / TASKS_OF_A_THREAD))
  return {
    content: (settings) => {
      if (settings.checksum === 'xxh128' && !inline) return nativeContentReader({ ...settings, threads: nprocs })
      const pool = open<ContentJobSettings, ContentInput, Digested[]>('content', createContentJob, settings, Math.max(1, nprocs))
      return poolContentReader(pool)
    },
    resolve: (settings, taskCount) => open('resolve', createResolveJob, settings, threadsFor(taskCount)),
    compare: (settings, taskCount) => open('compare', createCompareJob, settings, threadsFor(taskCount)),
  }
}
