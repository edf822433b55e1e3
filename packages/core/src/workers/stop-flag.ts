/** A flag that every thread sees: jobs look at it between batches, because nothing else can interrupt them in good order. */
export type StopFlag = Int32Array

/** Raised when the signal is aborted. */
export function stopFlagOf(signal: AbortSignal): StopFlag {
  const flag = new Int32Array(new SharedArrayBuffer(4))
  if (signal.aborted) flag[0] = 1
  signal.addEventListener('abort', () => Atomics.store(flag, 0, 1), { once: true })
  return flag
}

export function throwIfStopped(flag: StopFlag): void {
  if (Atomics.load(flag, 0) !== 0) throw new Error('the run was stopped')
}
