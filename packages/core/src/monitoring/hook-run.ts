import { reasonOf } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'

export interface HookCall {
  /** Key of the configuration. */
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  readonly signal?: AbortSignal
}

/** Runs a hook to its end or its time limit. Never throws: whatever goes wrong is a warning. */
export async function runHook(
  words: readonly string[],
  call: HookCall,
  { exec, log }: { readonly exec: Exec; readonly log: Log },
): Promise<void> {
  const [program, ...args] = words
  if (program === undefined) return
  const { name, environment, timeoutSeconds, signal } = call
  try {
    const { exitCode, stderr } = await exec.run(program, args, { timeoutSeconds, environment, ...(signal && { signal }) })
    if (exitCode === 0) log.info('ran a hook', { hook: name, program })
    else log.warning('a hook failed', { hook: name, program, exitCode, stderr })
  } catch (error) {
    if (signal?.aborted !== true) log.warning('a hook failed', { hook: name, program, reason: reasonOf(error) })
  }
}
