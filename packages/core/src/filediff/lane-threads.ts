import { createPool } from '../workers/thread-pool.js'
import type { LaneInput, LanePool } from './lane-types.js'

/** Threads that each serve one channel at a time. As many as there are channels at once, and used again. */
export class LaneThreads {
  readonly #idle: LanePool[] = []
  readonly #all: LanePool[] = []

  /** Resolves when the thread has read the channel to its end. */
  async run(input: LaneInput): Promise<void> {
    const thread = this.#idle.pop() ?? this.#start()
    await thread.run(input, [input.port, ...(input.output.kind === 'memory' ? [input.output.room] : [])])
    this.#idle.push(thread)
  }

  /** Ends the threads; no channel is open any more. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread.close()))
  }

  #start(): LanePool {
    const thread: LanePool = createPool('lane', {}, 1)
    this.#all.push(thread)
    return thread
  }
}
