import { LustrebackupError } from '../errors/errors.js'
import { argumentsOf, processIds, signalProcess } from '../exec/process-group.js'
import { processStartTicks } from '../state/lock-holder.js'
import { parseRsyncVersion } from '../transfer/parse-rsync.js'
import type { BackupPorts } from './backup-ports.js'

/** Older versions can be led out of the tree by a malicious source, or by its users. */
export const SAFE_RSYNC = [3, 5, 0] as const

/** rsync is there, and no rsync of a run that was killed still writes to the target. */
export async function checkRsync(ports: BackupPorts): Promise<void> {
  const { exec, config, log, signal } = ports
  const result = await exec.run(config.backup.rsyncCommand, ['--version'], { timeoutSeconds: 30, signal })
  const version = parseRsyncVersion(result.stdout.toString('latin1'))
  if (version === null) {
    throw new LustrebackupError('RSYNC_UNKNOWN', `${config.backup.rsyncCommand} --version does not answer like rsync`, {
      hint: 'Correct [BACKUP] rsync_command on the target.',
    })
  }
  if (isOlder(version, SAFE_RSYNC)) {
    log.warning('this rsync has known security problems; version 3.5.0 or newer does not', { version: version.join('.') })
  }
  await endOrphans(ports)
}

/** Whether a version is older than another one. */
export function isOlder(a: readonly number[], b: readonly number[]): boolean {
  const index = b.findIndex((part, at) => part !== a[at])
  return index !== -1 && a[index]! < b[index]!
}

/** An rsync outlives a run that was killed, and would go on writing beside the next one. It is known by the list that it reads. */
async function endOrphans({ layout, log, signal, sleep }: BackupPorts): Promise<void> {
  const prefix = `--files-from=${layout.folder('tmp')}/`
  for (const pid of processIds().filter((id) => argumentsOf(id).some((word) => word.startsWith(prefix)))) {
    const startTicks = processStartTicks(pid)
    if (startTicks === null) continue
    log.warning('ending an rsync that an earlier run left behind', { pid })
    signalProcess(pid, 'SIGKILL')
    while (processStartTicks(pid) === startTicks) {
      signal.throwIfAborted()
      await sleep(0.1)
    }
  }
}
