/** A flag that every thread sees: jobs look at it between batches, because nothing else can interrupt them in good order. */
export type StopFlag = Int32Array

const flags = new WeakMap<AbortSignal, StopFlag>()

/** Raised when the signal is aborted; one for each signal, however often it is asked for. */
export function stopFlagOf(signal: AbortSignal): StopFlag {
  const known = flags.get(signal)
  if (known !== undefined) return known
  const flag = new Int32Array(new SharedArrayBuffer(4))
  if (signal.aborted) flag[0] = 1
  signal.addEventListener('abort', () => Atomics.store(flag, 0, 1), { once: true })
  flags.set(signal, flag)
  return flag
}

export function throwIfStopped(flag: StopFlag): void {
  if (Atomics.load(flag, 0) !== 0) throw new Error('the run was stopped')
}
