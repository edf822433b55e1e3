import type { Config } from '../config/config-types.js'
import { EXIT } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { sendHeartbeat } from './heartbeat-run.js'
import { hookEnvironment, lastFinished } from './hook-environment.js'
import { runHook } from './hook-run.js'
import type { FinishedRun } from './monitoring-types.js'
import { writeMetrics } from './write-metrics-run.js'

export interface AttendPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly exec: Exec
  readonly log: Log
  readonly signal: AbortSignal
  nowSeconds(): number
}

/** What monitoring does for a run. None of it throws, and none of it takes longer than the time limits of hooks and heartbeat. */

/** Before anything is done, also before the file systems are looked for. */
export async function beforeRun(command: string, { config, exec, log, signal }: AttendPorts): Promise<void> {
  const { hookBefore, hookTimeoutSeconds } = config.monitoring
  const environment = hookEnvironment('before', command, null, null)
  await runHook(hookBefore, { name: 'hook_before', environment, timeoutSeconds: hookTimeoutSeconds, signal }, { exec, log })
}

/** Right after the run, under its lock. A run that found another one at work leaves the metrics to that one. */
export function recordRun(run: FinishedRun, ports: AttendPorts): void {
  if (run.exitCode !== EXIT.locked) writeMetrics(run, ports)
}

/** When the lock is free again; not ended by the signal that may have ended the run. */
export async function afterRun(run: FinishedRun, { config, exec, log, layout }: AttendPorts): Promise<void> {
  const { hookAfter, hookFailure, hookTimeoutSeconds, heartbeatUrl } = config.monitoring
  const finished = lastFinished(run.command, layout)
  const call = async (name: 'failure' | 'after', words: readonly string[]) => {
    const environment = hookEnvironment(name, run.command, run.exitCode, finished)
    await runHook(words, { name: `hook_${name}`, environment, timeoutSeconds: hookTimeoutSeconds }, { exec, log })
  }
  await sendHeartbeat(heartbeatUrl, run.exitCode, log)
  if (run.exitCode !== EXIT.done) await call('failure', hookFailure)
  await call('after', hookAfter)
}
