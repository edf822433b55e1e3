import { type StopFlag, stopFlagOf } from '../workers/stop-flag.js'
import type { CopySettings } from './copy-types.js'
import { FolderRestorer } from './folder-run.js'
import { RestoreFolder } from './restore-folder.js'
import type { RestorePorts, RestoreResult } from './restore-ports.js'
import type { Selection } from './selection-plan.js'

/**
 * Restores what is selected into a folder. `place` is a descriptor of it, taken over. One entry that fails does not stop the others. A run that
 * was stopped leaves whole entries, and folders that only root can enter; the next one goes on from there.
 */
export async function runRestore(ports: RestorePorts, selection: Selection, place: number): Promise<RestoreResult> {
  const folder = RestoreFolder.of(ports.api, place, ports.owner)
  const restorer = new FolderRestorer(ports, place)
  try {
    const result = await restorer.run(selection, folder)
    await ports.api.syncfs(place)
    return result
  } catch (error) {
    ports.signal.throwIfAborted()
    throw error
  } finally {
    folder.close()
  }
}

/** What the threads of a run share with it. */
export function copySettings(signal: AbortSignal): CopySettings {
  const stop: StopFlag = stopFlagOf(signal)
  return { stop, copiedBytes: new BigInt64Array(new SharedArrayBuffer(8)) }
}
