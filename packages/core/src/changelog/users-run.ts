import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import { parseChangelogUsers, usersParameters } from './parse-changelog-users.js'
import { planUserWarnings, userWarningInWords } from './users-plan.js'

const TIMEOUT_SECONDS = 30

/**
 * Warns when Lustre is about to remove our changelog user. Only the node of an MDT knows: anywhere else `lctl` has nothing to say,
 * and neither has this.
 */
export async function warnOfIdleUsers(exec: Exec, log: Log, { lustre }: Config, signal: AbortSignal): Promise<void> {
  const words = ['get_param', ...usersParameters(lustre.fsname)]
  const result = await exec.run('lctl', words, { timeoutSeconds: TIMEOUT_SECONDS, signal }).catch(() => null)
  signal.throwIfAborted()
  if (result === null) return
  const configured = lustre.mdts.map((mdt, index) => ({ mdt, user: lustre.changelogUsers[index] ?? '' }))
  const found = parseChangelogUsers(result.stdout.toString('utf8'), lustre.fsname)
  for (const warning of planUserWarnings(configured, found)) log.warning(userWarningInWords(lustre.fsname, warning))
}
