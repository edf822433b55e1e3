import type { BackupProgress } from '../target/backup-ports.js'
import { counterValue, type SharedCounter } from '../workers/shared-counter.js'

const SHOW_EVERY_MS = 500

export interface WatchedStep {
  readonly phase: string
  /** What is counted, such as `entries`. */
  readonly unit: string
  /** About how many there will be; 0 = nobody knows. */
  readonly total: number
}

/** Shows how far a step has come while `work` runs: by how much it, or its threads, have raised the counter. */
export async function watchStep<T>(
  progress: (progress: BackupProgress) => void,
  { phase, unit, total }: WatchedStep,
  counter: SharedCounter,
  work: () => Promise<T>,
): Promise<T> {
  const before = counterValue(counter)
  const show = () => {
    const done = counterValue(counter) - before
    progress({ phase, doneBytes: 0n, totalBytes: 0n, doneFiles: done, totalFiles: total === 0 ? 0 : Math.max(total, done), unit })
  }
  show()
  const timer = setInterval(show, SHOW_EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    show()
  }
}
