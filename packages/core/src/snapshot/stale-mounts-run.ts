import { rmdirSync } from 'node:fs'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'
import type { SnapshotMounts } from './snapshot-port.js'
import type { MountStep } from './stale-mounts-plan.js'

const UMOUNT_SECONDS = 120

export interface StaleMountsPorts {
  readonly exec: Exec
  readonly mounts: SnapshotMounts
  readonly signal: AbortSignal
}

/** What became of a mount; `failure` is null where it is gone. */
export interface MountResult {
  readonly step: MountStep
  readonly failure: string | null
}

/** Unmounts what is stale: gently, by force with `force`. One that fails does not stop the others. */
export async function runStaleMounts(steps: readonly MountStep[], force: boolean, ports: StaleMountsPorts): Promise<MountResult[]> {
  const results: MountResult[] = []
  for (const step of steps) {
    if (step.action === 'keep') continue
    ports.signal.throwIfAborted()
    const failure = await umount(step, force, ports).then(
      () => null,
      (error: unknown) => reasonOf(error),
    )
    results.push({ step, failure })
  }
  return results
}

async function umount({ target, snapshot, postfix }: MountStep, force: boolean, { exec, mounts }: StaleMountsPorts): Promise<void> {
  if (snapshot !== null) return mounts.umount(snapshot, postfix, force)
  // Nothing answers for a snapshot that is gone: without force this would hang.
  const result = await exec.run('umount', ['-f', target], { timeoutSeconds: UMOUNT_SECONDS })
  if (result.exitCode !== 0) throw new LustrebackupError('SNAPSHOT_UMOUNT_FAILED', `cannot unmount ${target}: ${failureInWords(result)}`)
  rmdirSync(target)
  crashPoint('stale-mount.removed')
}
