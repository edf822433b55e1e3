import { join, relative } from 'node:path'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { heldStateOf } from '../snapshot/held-state.js'
import type { Snapshot } from '../snapshot/snapshot-types.js'
import { loadTargetBackup } from '../target/target-state.js'
import { isBetween } from '../target/target-types.js'
import type { TargetVerifyPorts, TargetVerifyResult } from './target-verify-types.js'
import { VERIFY_POSTFIX } from './verification-types.js'

/** A tree of the target that nobody changes while it is open. */
export interface VerifiedTree extends Readonly<TargetVerifyResult['target']> {
  close(): Promise<void>
}

/** What is to be found: a state of the source's file system. */
export interface WantedState {
  readonly fsname: string
  readonly snapshotName: string
  readonly timestamp: number
  /** A certain snapshot of the target instead of the one that holds this state; null = that one. */
  readonly target: number | null
}

/** The snapshot of the target that holds a state of the source, mounted; or the tree itself, when it is what the last backup left of this state. */
export async function openVerifiedTree(wanted: WantedState, ports: TargetVerifyPorts): Promise<VerifiedTree> {
  const { config } = ports
  const useSnapshots = config.backup.snapshotBackend === 'lustre'
  const snapshot = useSnapshots ? chooseSnapshot(await ports.snapshots.list(), wanted) : null
  const timestamp = wanted.target ?? wanted.timestamp
  if (snapshot !== null) return { ...(await mountTree(snapshot, ports)), timestamp }
  if (!useSnapshots && timestamp === wanted.timestamp) {
    ports.lockTarget()
    const last = loadTargetBackup(ports.layout, 'last_backup')
    const begun = loadTargetBackup(ports.layout, 'inprogress_backup')
    const isWhole = begun === null || !isBetween(begun)
    if (isWhole && last?.timestamp === wanted.timestamp && last.fsname === wanted.fsname) {
      return { snapshotName: null, path: config.lustre.dataPath, timestamp, close: async () => undefined }
    }
  }
  throw notHeld(wanted, useSnapshots)
}

/** By what the comment says; one of another name with the same time is not taken for it. */
export function chooseSnapshot(snapshots: readonly Snapshot[], { fsname, snapshotName, timestamp, target }: WantedState): Snapshot | null {
  const held = snapshots.filter((snapshot) => heldStateOf(snapshot)?.sourceFsname === fsname)
  if (target !== null && target !== timestamp) return held.find((snapshot) => snapshot.timestamp === target) ?? null
  return held.find((snapshot) => heldStateOf(snapshot)?.sourceSnapshot === snapshotName) ?? null
}

async function mountTree(snapshot: Snapshot, { config, mounts, log }: TargetVerifyPorts): Promise<Omit<VerifiedTree, 'timestamp'>> {
  const { dataMount, dataPath } = config.lustre
  const mountPoint = await mounts.mount(snapshot, VERIFY_POSTFIX)
  const close = async () => {
    try {
      await mounts.umount(snapshot, VERIFY_POSTFIX, false)
    } catch (error) {
      log.warning('a snapshot stays mounted', { snapshot: snapshot.name, postfix: VERIFY_POSTFIX, reason: reasonOf(error) })
    }
  }
  return { snapshotName: snapshot.name, path: join(mountPoint, relative(dataMount, dataPath)), close }
}

function notHeld({ fsname, snapshotName, target }: WantedState, useSnapshots: boolean): LustrebackupError {
  const what = target === null ? `the state ${snapshotName} of ${fsname}` : `a state of ${fsname} with the timestamp ${target}`
  const why = useSnapshots
    ? 'no snapshot of the target holds it'
    : 'the tree is not what the last backup left of it, and there are no snapshots'
  return new LustrebackupError('STATE_NOT_HELD', `the target cannot show ${what}: ${why}`, {
    hint: useSnapshots
      ? 'lustrebackup_snapshot_list -r shows what the target holds. Choose another one with --target, or verify a later backup.'
      : 'Verify on the source up to the last backup (lustrebackup_source_verify), then compare again, before the next backup.',
  })
}
