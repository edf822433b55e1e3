import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { type Check, type CheckResult, problem } from './doctor-types.js'

const SEE_LOG = 'Remove the cause, then run lustrebackup_doctor again.'

/** Runs every check, one after the other; one that fails is a finding and stops none. `onResult` is told at once. */
export async function runDoctor(
  checks: readonly Check[],
  signal: AbortSignal,
  onResult: (result: CheckResult) => void,
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of checks) {
    signal.throwIfAborted()
    const findings = await check.run().catch((error: unknown) => {
      signal.throwIfAborted()
      const hint = error instanceof LustrebackupError ? error.hint : null
      return [problem(reasonOf(error), hint ?? SEE_LOG)]
    })
    for (const finding of findings) {
      const result = { check: check.name, ...finding }
      results.push(result)
      onResult(result)
    }
  }
  return results
}

const MARKS = { ok: 'ok', note: 'note', warning: 'WARNING', problem: 'PROBLEM' } as const

export function describeResult({ check, verdict, text, mend }: CheckResult): string {
  const lines = [`${MARKS[verdict].padEnd(8)} ${check}: ${text}`, ...(mend === null ? [] : [`         what to do: ${mend}`])]
  return lines.join('\n')
}
