import { inlinePool } from '../workers/inline-pool.js'
import { createPool } from '../workers/thread-pool.js'
import type { CreateJob, Pool } from '../workers/worker-types.js'
import { type CompareInput, type CompareJobSettings, type CompareOutput, createCompareJob } from './compare.job.js'
import { type ContentInput, type ContentJobSettings, createContentJob, type Digested } from './content.job.js'
import { createResolveJob, type ResolveInput, type ResolveJobSettings, type ResolveOutput } from './resolve.job.js'

export type ResolvePool = Pool<ResolveInput, ResolveOutput>
export type ComparePool = Pool<CompareInput, CompareOutput>

/** The threads of a verification. Where the work is in tasks, no more are started than there are tasks: each takes time to start. */
export interface VerifyPools {
  content(settings: ContentJobSettings): Pool<ContentInput, Digested[]>
  resolve(settings: ResolveJobSettings, taskCount: number): ResolvePool
  compare(settings: CompareJobSettings, taskCount: number): ComparePool
}

/** LUSTREBACKUP_INLINE=1 runs the jobs in the main thread, where a debugger sees them. */
export function verifyPools(nprocs: number): VerifyPools {
  const inline = process.env.LUSTREBACKUP_INLINE === '1'
  const open = <Settings, Input, Output>(
    name: string,
    createJob: CreateJob<Settings, Input, Output>,
    settings: Settings,
    taskCount = Number.POSITIVE_INFINITY,
  ) => {
    const size = Math.max(1, Math.min(nprocs, taskCount))
    return inline ? inlinePool(createJob, settings, 1) : createPool<Settings, Input, Output>(name, settings, size)
  }
  return {
    content: (settings) => open('content', createContentJob, settings),
    resolve: (settings, taskCount) => open('resolve', createResolveJob, settings, taskCount),
    compare: (settings, taskCount) => open('compare', createCompareJob, settings, taskCount),
  }
}

/** Lets every worker go of its tree, which could not be unmounted otherwise, and ends the threads. */
export async function closePool<Output>(pool: Pool<{ readonly kind: 'close' }, Output>): Promise<void> {
  await Promise.allSettled(Array.from({ length: pool.size }, (_, worker) => pool.runOn(worker, { kind: 'close' })))
  await pool.close()
}
