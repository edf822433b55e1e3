import type { CreateJob, Pool } from './worker-types.js'

/** A pool in the calling thread: for unit tests, and for looking at a job with a debugger. Each of its workers keeps its own state. */
export function inlinePool<Settings, Input, Output>(
  createJob: CreateJob<Settings, Input, Output>,
  settings: Settings,
  size: number,
): Pool<Input, Output> {
  const jobs = Array.from({ length: size }, (_, workerIndex) => createJob(settings, workerIndex))
  const ends: Promise<unknown>[] = jobs.map(() => Promise.resolve())
  let turn = 0
  const runOn = (workerIndex: number, input: Input): Promise<Output> => {
    const result = ends[workerIndex]!.then(() => jobs[workerIndex]!(input))
    ends[workerIndex] = result.catch(() => undefined)
    return result
  }
  return {
    size,
    capacity: size,
    run: (input) => runOn(turn++ % size, input),
    runOn,
    close: async () => {
      await Promise.all(ends)
    },
  }
}
