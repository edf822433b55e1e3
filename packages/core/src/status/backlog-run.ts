import { firstRecno } from '../changelog/inspect-log.js'
import { lastRecno } from '../changelog/last-recno.js'
import { MAX_IDLE_INDEXES, MAX_IDLE_SECONDS } from '../changelog/parse-changelog-users.js'
import { secondsLeft } from '../changelog/users-plan.js'
import { askForUsers, configuredUsers } from '../changelog/users-run.js'
import type { Config } from '../config/config-types.js'
import { reasonOf } from '../errors/errors.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import type { Lustre } from '../lustre/lustre-port.js'
import type { SourceBackup } from '../source/source-backup.js'
import type { ChangelogBacklog } from './status-types.js'

export interface BacklogPorts {
  readonly config: Config
  readonly exec: Exec
  readonly log: Log
  readonly signal: AbortSignal
  nowSeconds(): number
  openLustre(inFlight: number): Promise<Lustre>
}

/**
 * What the changelog of each MDT holds that no backup has. On the node of an MDT Lustre says it itself; from a client the log is looked into, and
 * the defaults of Lustre are taken for the time that it gives an idle user.
 */
export async function findBacklogs(last: SourceBackup | null, ports: BacklogPorts): Promise<ChangelogBacklog[]> {
  const { config, exec, signal } = ports
  const said = await askForUsers(exec, config.lustre.fsname, signal)
  const lustre = await ports.openLustre(1).catch((error: unknown) => {
    ports.log.info('the changelogs cannot be looked into', { reason: reasonOf(error) })
    return null
  })
  const backlogs: ChangelogBacklog[] = []
  for (const { mdt, user } of configuredUsers(config.lustre)) {
    const users = said.find((one) => one.mdt === mdt)
    const known = users?.users.find(({ id }) => id === user || id.split('-')[0] === user)
    if (users !== undefined && known === undefined) backlogs.push({ mdt, user, recordCount: null, leftSeconds: null, missing: true })
    else if (users !== undefined && known !== undefined) {
      const count = users.lastIndex > known.index ? users.lastIndex - known.index : 0n
      const leftSeconds = users.isCollecting ? secondsLeft(users, known, Number(count)) : null
      backlogs.push({ mdt, user, recordCount: count, leftSeconds, missing: false })
    } else backlogs.push(await fromLog(mdt, user, last, lustre, ports))
  }
  return backlogs
}

async function fromLog(
  mdt: string,
  user: string,
  last: SourceBackup | null,
  lustre: Lustre | null,
  { config, log, nowSeconds }: BacklogPorts,
): Promise<ChangelogBacklog> {
  const unknown = { mdt, user, recordCount: null, leftSeconds: null, missing: false }
  if (lustre === null) return unknown
  try {
    const mdtname = `${config.lustre.fsname}-${mdt}`
    const cursor = last?.cursors.find((one) => one.mdt === mdt)?.recno ?? null
    const from = cursor === null ? ((await firstRecno(lustre, mdtname, 0n)) ?? 0n) : cursor + 1n
    const end = await lastRecno(lustre, mdtname, from)
    const recordCount = end === null ? 0n : end - from + 1n
    if (last?.finishedAt == null) return { ...unknown, recordCount }
    const idleSeconds = Math.max(nowSeconds() - last.finishedAt, 0)
    const limits = { maxIdleSeconds: MAX_IDLE_SECONDS, maxIdleIndexes: MAX_IDLE_INDEXES }
    return { ...unknown, recordCount, leftSeconds: secondsLeft(limits, { idleSeconds }, Number(recordCount)) }
  } catch (error) {
    log.info('a changelog cannot be looked into', { mdt, reason: reasonOf(error) })
    return unknown
  }
}
