import { LustrebackupError } from '../errors/errors.js'
import { killWithChildren, signalProcess } from '../exec/process-group.js'
import type { Log } from '../log/log-types.js'
import { type LockHolder, processStartTicks } from './lock-holder.js'
import { lockHolder } from './locks.js'
import type { MetaLayout } from './meta-layout.js'

export interface StopPorts {
  readonly layout: MetaLayout
  readonly log: Log
  readonly signal: AbortSignal
  sleep(seconds: number): Promise<void>
}

/** How long a run is given to end by itself before it is killed. */
const GRACE_SECONDS = 30
const LOOK_SECONDS = 0.2

/**
 * Ends the run that holds a lock: in order, or by force with its children when it does not. Gives what was stopped; null when nobody held the
 * lock, or `isOurs` says that this one is none of ours.
 */
export async function stopHolder(
  lock: string,
  isOurs: (holder: LockHolder) => boolean,
  { layout, log, signal, sleep }: StopPorts,
): Promise<LockHolder | null> {
  const holder = lockHolder(lock, layout)
  if (holder === null || !isOurs(holder)) return null
  const isThere = () => processStartTicks(holder.pid) === holder.startTicks
  if (!isThere()) {
    throw new LustrebackupError('NOT_THIS_HOST', `the backup runs on ${holder.host} (process ${holder.pid}), not here`, {
      hint: `Run the same command on ${holder.host}.`,
    })
  }
  log.info('asking a run to stop', { command: holder.command, pid: holder.pid })
  signalProcess(holder.pid, 'SIGTERM')
  for (let waited = 0; isThere() && waited < GRACE_SECONDS; waited += LOOK_SECONDS) {
    signal.throwIfAborted()
    await sleep(LOOK_SECONDS)
  }
  if (!isThere()) return holder
  log.warning('a run did not stop and is killed', { command: holder.command, pid: holder.pid })
  killWithChildren(holder.pid)
  while (isThere()) await sleep(LOOK_SECONDS)
  return holder
}
