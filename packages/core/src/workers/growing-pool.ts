import type { Pool } from './worker-types.js'

export interface GrowingPoolParts<Input, Output> {
  /** In the calling thread. */
  readonly inline: Pool<Input, Output>
  /** How many threads `startThreads` starts. */
  readonly threadCount: number
  startThreads(): Pool<Input, Output>
  /** What an input costs, in any unit; 0 for what must not start threads. */
  costOf(input: Input): number
  /** What the calling thread does by itself: it costs less than the start of threads. */
  inlineCost: number
}

/**
 * A pool that begins in the calling thread and starts threads with the input that makes the cost of all pass `inlineCost`: from then on threads do
 * everything that `run` is given. The workers in the calling thread come first, and keep their state.
 */
export function growingPool<Input, Output>(parts: GrowingPoolParts<Input, Output>): Pool<Input, Output> {
  const { inline, threadCount, costOf, inlineCost } = parts
  let cost = 0
  let threads: Pool<Input, Output> | null = null
  return {
    get size() {
      return inline.size + (threads?.size ?? 0)
    },
    capacity: inline.size + threadCount,
    run: (input, transfer) => {
      cost += costOf(input)
      if (cost > inlineCost) threads ??= parts.startThreads()
      return (threads ?? inline).run(input, transfer)
    },
    runOn: (workerIndex, input, transfer) => {
      if (workerIndex < inline.size) return inline.runOn(workerIndex, input, transfer)
      if (threads === null) throw new Error(`worker ${workerIndex} of a pool that has ${inline.size}`)
      return threads.runOn(workerIndex - inline.size, input, transfer)
    },
    close: async () => {
      await Promise.all([inline.close(), threads?.close()])
    },
  }
}
