import { planStreams, type StreamSample } from './stream-plan.js'

export interface StreamsContext {
  /** Streams at most. */
  readonly limit: number
  readonly signal: AbortSignal
  elapsedSeconds(): number
}

/**
 * Works through `items` in order, with as many at a time as what is seen meanwhile says. The first failure stops the others, through the signal that
 * `work` gets, and is thrown when they have ended.
 */
export async function runStreams<T>(
  items: readonly T[],
  costOf: (item: T) => number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  { limit, signal, elapsedSeconds }: StreamsContext,
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const queue = items.values()
  const samples: StreamSample[] = []
  let streams = planStreams(samples, limit)
  const running = new Set<Promise<void>>()

  const one = async (item: T): Promise<void> => {
    const [began, before] = [elapsedSeconds(), streams]
    await work(item, either)
    // What ran while the number of streams was being changed tells nothing of either number.
    if (before === streams) samples.push({ streams, cost: costOf(item), seconds: elapsedSeconds() - began })
    streams = planStreams(samples, limit)
  }

  for (let isOver = false; !isOver || running.size > 0; ) {
    while (!isOver && running.size < streams && !either.aborted) {
      const next = queue.next()
      if (next.done) isOver = true
      else
        track(
          running,
          one(next.value).catch((error: unknown) => failure.abort(error)),
        )
    }
    isOver ||= either.aborted
    if (running.size > 0) await Promise.race(running)
  }
  signal.throwIfAborted()
  failure.signal.throwIfAborted()
}

function track(running: Set<Promise<void>>, work: Promise<void>): void {
  const tracked = work.finally(() => running.delete(tracked))
  running.add(tracked)
}
