import { LustrebackupError } from '@lustrebackup/core/errors/errors'
import fc from 'fast-check'
import { anyHistory } from './arbitrary.js'
import { type Operation, type Setting, showSequence } from './operations.js'
import { play } from './rig.js'
import { shrinkList } from './shrink.js'

export interface CheckOptions {
  readonly seed: number
  /** Sequences to play, and seconds after which no more are begun; null = no such limit. */
  readonly runs: number | null
  readonly seconds: number | null
  /** Told of each sequence that went well. */
  readonly progress?: (checked: Checked) => void
}

export interface Checked {
  readonly runCount: number
  readonly backupCount: number
  /** Operations that the tree allowed. */
  readonly operationCount: number
}

/** Plays sequences of operations until one leaves a target that differs. That one is shrunk and thrown as code. */
export async function checkEverySequence({ seed, runs, seconds, progress }: CheckOptions): Promise<Checked> {
  let checked: Checked = { runCount: 0, backupCount: 0, operationCount: 0 }
  const property = fc.asyncProperty(anyHistory, async ([setting, operations]) => {
    const { backupCount, effectiveCount } = await play(setting, operations)
    checked = {
      runCount: checked.runCount + 1,
      backupCount: checked.backupCount + backupCount,
      operationCount: checked.operationCount + effectiveCount,
    }
    progress?.(checked)
  })
  const limit = seconds === null ? {} : { interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false }
  const details = await fc.check(property, { seed, numRuns: runs ?? 2 ** 30, endOnFailure: true, ...limit })
  if (details.failed && details.counterexample !== null)
    throw await explain(...details.counterexample[0], `seed ${seed}, run ${details.numRuns}`)
  return checked
}

/** The smallest part of the sequence that goes wrong in the same way. */
async function explain(setting: Setting, operations: readonly Operation[], which: string): Promise<Error> {
  let reason = await failureOf(setting, operations)
  if (reason === null) return new Error(`${which}: it went wrong once, and not when it was repeated:\n${showSequence(setting, operations)}`)
  console.error(`${which} goes wrong (${reason.message}); looking for the smallest part of its ${operations.length} operations that does`)
  const kind = kindOf(reason)
  const smallest = await shrinkList(operations, async (part) => {
    const failure = await failureOf(setting, part)
    if (failure === null || kindOf(failure) !== kind) return false
    reason = failure
    return true
  })
  return new Error(`${which}:\n${showSequence(setting, smallest)}`, { cause: reason })
}

async function failureOf(setting: Setting, operations: readonly Operation[]): Promise<Error | null> {
  return await play(setting, operations).then(
    () => null,
    (error: unknown) => error as Error,
  )
}

function kindOf(failure: Error): string {
  return failure instanceof LustrebackupError ? failure.code : failure.name
}
