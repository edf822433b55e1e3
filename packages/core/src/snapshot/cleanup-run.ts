import { reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { reasonText } from './cleanup-text.js'
import type { CleanupStep } from './cleanup-types.js'
import type { SnapshotMounts, SnapshotStore } from './snapshot-port.js'
import { forgetSnapshot } from './snapshot-record.js'
import type { Snapshot } from './snapshot-types.js'

export interface CleanupPorts {
  readonly store: SnapshotStore
  readonly mounts: SnapshotMounts
  readonly layout: MetaLayout
  readonly log: Log
  readonly signal: AbortSignal
  /** Asked right before each destroy, because destroying takes long: why a snapshot has to stay by now, or null. */
  whyKept(snapshot: Snapshot): Promise<string | null>
}

export interface Spared {
  readonly snapshot: Snapshot
  readonly reason: string
}

export interface CleanupOutcome {
  readonly destroyed: readonly Snapshot[]
  /** Needed since the plan was made. */
  readonly spared: readonly Spared[]
  readonly failed: readonly Spared[]
}

/**
 * Carries a plan out, oldest first. One failed destroy does not stop the others. `own` are all snapshots of this backup, newest first: the one
 * that is left of them becomes the last snapshot.
 */
export async function runCleanup(
  steps: readonly CleanupStep[],
  own: readonly Snapshot[],
  force: boolean,
  ports: CleanupPorts,
): Promise<CleanupOutcome> {
  const destroyed: Snapshot[] = []
  const spared: Spared[] = []
  const failed: Spared[] = []
  for (const step of steps.toReversed()) {
    if (step.action === 'keep') continue
    ports.signal.throwIfAborted()
    const { snapshot } = step
    try {
      const kept = await ports.whyKept(snapshot)
      if (kept !== null) {
        spared.push({ snapshot, reason: kept })
        continue
      }
      await destroy(snapshot, force, ports)
      destroyed.push(snapshot)
      forgetSnapshot(snapshot, own.find((each) => !destroyed.includes(each)) ?? null, ports.layout)
      ports.log.info('snapshot destroyed', { snapshot: snapshot.name, reason: reasonText(step) })
    } catch (error) {
      ports.signal.throwIfAborted()
      failed.push({ snapshot, reason: reasonOf(error) })
      ports.log.error('a snapshot could not be destroyed', { snapshot: snapshot.name, error })
    }
  }
  return { destroyed, spared, failed }
}

async function destroy(snapshot: Snapshot, force: boolean, { store, mounts }: CleanupPorts): Promise<void> {
  if (force) {
    for (const postfix of await mounts.postfixes(snapshot)) await mounts.umount(snapshot, postfix, true)
    await store.umount(snapshot.name)
  }
  await store.destroy(snapshot.name, force)
}
