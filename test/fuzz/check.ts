import fc from 'fast-check'
import { anySetting, operationSequence } from './arbitrary.js'
import { showSequence } from './operations.js'
import { play } from './rig.js'

export interface CheckOptions {
  readonly seed: number
  /** Sequences to play, and seconds after which no more are begun; null = no such limit. */
  readonly runs: number | null
  readonly seconds: number | null
}

export interface Checked {
  readonly runCount: number
  readonly backupCount: number
  /** Operations that the tree allowed. */
  readonly operationCount: number
}

/** Plays sequences of operations until one leaves a target that differs. That one is shrunk and thrown as code. */
export async function checkEverySequence({ seed, runs, seconds }: CheckOptions): Promise<Checked> {
  const checked = { runCount: 0, backupCount: 0, operationCount: 0 }
  const property = fc.asyncProperty(anySetting, operationSequence({ unrecorded: false }), async (setting, operations) => {
    const { backupCount, effectiveCount } = await play(setting, operations)
    checked.runCount += 1
    checked.backupCount += backupCount
    checked.operationCount += effectiveCount
  })
  const limit = seconds === null ? {} : { interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false }
  const details = await fc.check(property, { seed, numRuns: runs ?? 2 ** 30, ...limit })
  if (!details.failed || details.counterexample === null) return checked
  const [setting, operations] = details.counterexample
  throw new Error(`seed ${seed}, run ${details.numRuns}, after ${details.numShrinks} shrinks:\n${showSequence(setting, operations)}`, {
    cause: details.errorInstance,
  })
}
