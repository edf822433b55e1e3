import { InFlight } from '../workers/in-flight.js'

export interface TaskRun<Result> {
  readonly taskCount: number
  /** Results of the tasks that are done; those of this run are added. */
  readonly done: Map<number, Result>
  /** Tasks under way at once. */
  readonly concurrency: number
  readonly checkpointSeconds: number
  readonly signal: AbortSignal
  run(task: number): Promise<Result>
  /** Makes what is done durable. */
  save(done: ReadonlyMap<number, Result>): void
  elapsedSeconds(): number
}

/** Works through the tasks that are not done; what is done is saved now and then, and however the run ends. */
export async function runTasks<Result>(tasks: TaskRun<Result>): Promise<void> {
  const { done, signal } = tasks
  let savedAt = tasks.elapsedSeconds()
  const runOne = async (task: number) => {
    done.set(task, await tasks.run(task))
    if (tasks.elapsedSeconds() - savedAt < tasks.checkpointSeconds) return
    savedAt = tasks.elapsedSeconds()
    tasks.save(done)
  }
  try {
    await InFlight.run(tasks.concurrency, async (work) => {
      for (let task = 0; task < tasks.taskCount; task += 1) {
        signal.throwIfAborted()
        if (!done.has(task)) await work.start(() => runOne(task))
      }
    })
  } finally {
    tasks.save(done)
  }
}
