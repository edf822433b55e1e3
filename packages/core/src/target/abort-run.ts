import { LustrebackupError } from '../errors/errors.js'
import { killWithChildren, signalProcess } from '../exec/process-group.js'
import type { Log } from '../log/log-types.js'
import { type LockHolder, processStartTicks } from '../state/lock-holder.js'
import { lockHolder } from '../state/locks.js'
import type { MetaLayout } from '../state/meta-layout.js'
import type { SourceCommands } from './source-commands.js'
import { loadTargetBackup } from './target-state.js'
import { isBetween, TARGET_LOCK, type TargetBackup } from './target-types.js'

export interface AbortPorts {
  readonly layout: MetaLayout
  readonly log: Log
  readonly signal: AbortSignal
  readonly source: SourceCommands
  /** Takes the lock of the target; throws while another run holds it. */
  lock(name: string): void
  sleep(seconds: number): Promise<void>
}

export interface AbortOutcome {
  /** The run that was stopped; null when none ran. */
  readonly stopped: LockHolder | null
  /** The target is between two backups, and the next run finishes this one. */
  readonly between: TargetBackup | null
}

/** How long a run is given to end by itself before it is killed. */
const GRACE_SECONDS = 30
const LOOK_SECONDS = 0.2

/** Stops a running backup and tells the source. The tree stays as it is. */
export async function runAbort(ports: AbortPorts): Promise<AbortOutcome> {
  const stopped = await stopRun(ports)
  ports.lock(TARGET_LOCK)
  await ports.source.abort()
  const inProgress = loadTargetBackup(ports.layout, 'inprogress_backup')
  return { stopped, between: inProgress !== null && isBetween(inProgress) ? inProgress : null }
}

async function stopRun({ layout, log, signal, sleep }: AbortPorts): Promise<LockHolder | null> {
  const holder = lockHolder(TARGET_LOCK, layout)
  if (holder === null) return null
  if (processStartTicks(holder.pid) !== holder.startTicks) {
    throw new LustrebackupError('NOT_THIS_HOST', `the backup runs on ${holder.host} (process ${holder.pid}), not here`, {
      hint: `Run lustrebackup_target_abort on ${holder.host}.`,
    })
  }
  const isThere = () => processStartTicks(holder.pid) === holder.startTicks
  log.info('asking the running backup to stop', { pid: holder.pid })
  signalProcess(holder.pid, 'SIGTERM')
  for (let waited = 0; isThere() && waited < GRACE_SECONDS; waited += LOOK_SECONDS) {
    signal.throwIfAborted()
    await sleep(LOOK_SECONDS)
  }
  if (!isThere()) return holder
  log.warning('the running backup did not stop and is killed', { pid: holder.pid })
  killWithChildren(holder.pid)
  while (isThere()) await sleep(LOOK_SECONDS)
  return holder
}
