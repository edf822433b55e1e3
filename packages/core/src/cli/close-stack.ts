import type { Log } from '../log/log-types.js'

/** What is left to do when a command ends. */
export interface CloseStack {
  push(cleanup: () => Promise<void> | void): void
  /** Runs everything that was pushed, last first. A failure is logged and stops nothing. Safe to repeat. */
  close(): Promise<void>
}

export function closeStack(log: Log): CloseStack {
  const cleanups: (() => Promise<void> | void)[] = []
  return {
    push: (cleanup) => void cleanups.push(cleanup),
    close: async () => {
      for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
        try {
          await cleanup()
        } catch (error) {
          log.warning('something could not be cleaned up', { error })
        }
      }
    },
  }
}
