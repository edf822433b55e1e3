import type { LockHolder } from '../state/lock-holder.js'
import { type StopPorts, stopHolder } from '../state/stop-holder-run.js'
import type { SourceCommands } from './source-commands.js'
import { loadTargetBackup } from './target-state.js'
import { isBetween, TARGET_LOCK, type TargetBackup } from './target-types.js'

export interface AbortPorts extends StopPorts {
  readonly source: SourceCommands
  /** Takes the lock of the target; throws while another run holds it. */
  lock(name: string): void
}

export interface AbortOutcome {
  /** The run that was stopped; null when none ran. */
  readonly stopped: LockHolder | null
  /** The target is between two backups, and the next run finishes this one. */
  readonly between: TargetBackup | null
}

/** Stops a running backup and tells the source. The tree stays as it is. */
export async function runAbort(ports: AbortPorts): Promise<AbortOutcome> {
  const stopped = await stopHolder(TARGET_LOCK, () => true, ports)
  ports.lock(TARGET_LOCK)
  await ports.source.abort()
  const inProgress = loadTargetBackup(ports.layout, 'inprogress_backup')
  return { stopped, between: inProgress !== null && isBetween(inProgress) ? inProgress : null }
}
