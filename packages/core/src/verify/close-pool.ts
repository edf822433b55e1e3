import type { Pool } from '../workers/worker-types.js'

/** Lets every worker go of its tree, which could not be unmounted otherwise, and ends the threads. */
export async function closePool<Output>(pool: Pool<{ readonly kind: 'close' }, Output>): Promise<void> {
  await Promise.allSettled(Array.from({ length: pool.size }, (_, worker) => pool.runOn(worker, { kind: 'close' })))
  await pool.close()
}
