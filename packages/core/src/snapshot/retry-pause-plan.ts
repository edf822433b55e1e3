const FIRST_PAUSE_SECONDS = 60
const PAUSE_STEP_SECONDS = 30
const MAX_PAUSE_SECONDS = 180
const FIRST_BARRIER_SECONDS = 30
const BARRIER_STEP_SECONDS = 15
/** While the barrier lasts, the file system stands still for its users. */
const MAX_BARRIER_SECONDS = 120

/** How long attempt `attempt` (the first is 0) may freeze the file system: longer each time, up to a limit. */
export function barrierSecondsOf(attempt: number): number {
  return Math.min(FIRST_BARRIER_SECONDS + attempt * BARRIER_STEP_SECONDS, MAX_BARRIER_SECONDS)
}

/** How long to wait behind attempt `attempt` that failed: what keeps a file system busy may take its time; longer each time, up to a limit. */
export function pauseSecondsAfter(attempt: number): number {
  return Math.min(FIRST_PAUSE_SECONDS + attempt * PAUSE_STEP_SECONDS, MAX_PAUSE_SECONDS)
}
