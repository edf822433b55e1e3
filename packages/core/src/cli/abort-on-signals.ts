import { Interrupted } from '../errors/interrupted.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** The first asks for an orderly end; so many end the process at once: its state survives that too. */
const PATIENCE = 3

export interface Signals {
  /** Aborted with an `Interrupted` at the first signal. */
  readonly signal: AbortSignal
  /** Leaves signals to the system again. */
  stop(): void
}

export function abortOnSignals(exitNow: (exitCode: number) => void): Signals {
  const controller = new AbortController()
  let received = 0
  const handle = (name: NodeJS.Signals) => {
    received += 1
    const reason = new Interrupted(name)
    if (received === 1) controller.abort(reason)
    else if (received >= PATIENCE) exitNow(reason.exitCode)
  }
  for (const name of SIGNALS) process.on(name, handle)
  const stop = () => {
    for (const name of SIGNALS) process.off(name, handle)
  }
  return { signal: controller.signal, stop }
}
