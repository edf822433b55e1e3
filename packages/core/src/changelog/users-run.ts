import type { Config } from '../config/config-types.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import { type ChangelogUsers, parseChangelogUsers, usersParameters } from './parse-changelog-users.js'
import { planUserWarnings, userWarningInWords } from './users-plan.js'

const TIMEOUT_SECONDS = 30

/**
 * Warns when Lustre is about to remove our changelog user. Only the node of an MDT knows: anywhere else `lctl` has nothing to say,
 * and neither has this.
 */
export async function warnOfIdleUsers(exec: Exec, log: Log, { lustre }: Config, signal: AbortSignal): Promise<void> {
  const found = await askForUsers(exec, lustre.fsname, signal)
  for (const warning of planUserWarnings(configuredUsers(lustre), found)) log.warning(userWarningInWords(lustre.fsname, warning))
}

/** What the MDTs of this node say of the readers of their changelogs. */
export async function askForUsers(exec: Exec, fsname: string, signal: AbortSignal): Promise<ChangelogUsers[]> {
  const words = ['get_param', ...usersParameters(fsname)]
  const result = await exec.run('lctl', words, { timeoutSeconds: TIMEOUT_SECONDS, signal }).catch(() => null)
  signal.throwIfAborted()
  return result === null ? [] : parseChangelogUsers(result.stdout.toString('utf8'), fsname)
}

/** The user of each MDT. */
export function configuredUsers(lustre: Config['lustre']): { readonly mdt: string; readonly user: string }[] {
  return lustre.mdts.map((mdt, index) => ({ mdt, user: lustre.changelogUsers[index] ?? '' }))
}
