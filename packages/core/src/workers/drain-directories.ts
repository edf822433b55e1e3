import { InFlight } from './in-flight.js'

export interface DrainLimits {
  /** Directories of one call. */
  readonly batchSize: number
  /** Calls under way at once. */
  readonly inFlight: number
}

/**
 * Walks trees: `list` is called with some directories and gives those that it found in them, until there are none.
 * Last in, first out: what waits stays small, because a tree is finished before its siblings are begun.
 */
export async function drainDirectories<Directory>(
  first: readonly Directory[],
  { batchSize, inFlight }: DrainLimits,
  list: (directories: readonly Directory[]) => Promise<readonly Directory[]>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...first]
  const work = new InFlight(inFlight)
  while (waiting.length > 0 || !work.isIdle) {
    signal.throwIfAborted()
    if (waiting.length === 0) {
      await work.settleOne()
      continue
    }
    // Little work is shared out evenly: one long batch would keep the other workers idle.
    const share = Math.max(1, Math.min(batchSize, Math.ceil(waiting.length / inFlight)))
    const batch = waiting.splice(-share)
    await work.start(async () => {
      for (const directory of await list(batch)) waiting.push(directory)
    })
  }
  await work.drain()
}
