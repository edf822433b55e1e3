import { LustrebackupError } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'

const TIMEOUT_SECONDS = 60

/** Makes a folder on an MDT: `lfs mkdir -i`. */
export async function lfsMkdir(exec: Exec, mdtIndex: number, path: string, signal: AbortSignal): Promise<void> {
  const result = await exec.run('lfs', ['mkdir', '-i', String(mdtIndex), path], { timeoutSeconds: TIMEOUT_SECONDS, signal })
  if (result.exitCode === 0) return
  throw new LustrebackupError('LFS_MKDIR_FAILED', `making the folder ${path} on MDT ${mdtIndex}: lfs mkdir: ${failureInWords(result)}`, {
    hint: 'check that the live file system is mounted read-write, and [SYSTEM] command_path',
  })
}
