import { LustrebackupError } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'
import { FINDMNT_ARGS, type Mount, parseFindmnt } from './parse-findmnt.js'

const FINDMNT_SECONDS = 60

/** What is mounted on this node, of what the arguments for findmnt select. */
export async function findMounts(exec: Exec, selection: readonly string[]): Promise<Mount[]> {
  const result = await exec.run('findmnt', [...FINDMNT_ARGS, ...selection], { timeoutSeconds: FINDMNT_SECONDS })
  if (result.exitCode === 0 || result.exitCode === 1) return parseFindmnt(result.stdout.toString('utf8'))
  throw new LustrebackupError('FINDMNT_FAILED', `cannot see what is mounted: findmnt: ${failureInWords(result)}`)
}
