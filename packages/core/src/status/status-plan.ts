import { formatBytes, formatCount, formatDuration } from '../cli/format-units.js'
import { LEVELS, type Level, type Status, type StatusFacts, type StatusProblem } from './status-types.js'

export interface StatusLimits {
  /** Older than this, the last backup is a warning; older than twice this, critical. */
  readonly maxAgeSeconds: number
}

const BACKUP_COMMAND = 'lustrebackup_target'
const DAY_SECONDS = 86_400
const LEFT_WARNING_SECONDS = 7 * DAY_SECONDS
const LEFT_CRITICAL_SECONDS = 2 * DAY_SECONDS
/** Clocks of hosts that are kept by NTP differ by less. */
const CLOCK_SLACK_SECONDS = 300
const FREE_WARNING_PERCENT = 10n
const FREE_CRITICAL_PERCENT = 3n

/** Judges what is known of a side: the worst problem is the level. */
export function planStatus(facts: StatusFacts, limits: StatusLimits): Status {
  const problems = [...backupProblems(facts, limits), ...verifyProblems(facts), ...changelogProblems(facts), ...diskProblems(facts)]
  const worst = problems.reduce((level, problem) => Math.max(level, LEVELS.indexOf(problem.level)), 0)
  return { level: LEVELS[worst]!, problems, facts }
}

function backupProblems({ last, unfinished, running, nowSeconds, side }: StatusFacts, { maxAgeSeconds }: StatusLimits): StatusProblem[] {
  const problems: StatusProblem[] = []
  const warn = (text: string) => problems.push({ level: 'warning', text })
  if (last === null) problems.push({ level: 'critical', text: 'no backup was ever finished' })
  else {
    const age = nowSeconds - last.timestamp
    const text = `the last finished backup holds the state of ${formatDuration(age)} ago (${last.snapshotName})`
    if (age < -CLOCK_SLACK_SECONDS) problems.push(ofTheFuture(last.snapshotName, -age, maxAgeSeconds))
    if (age > maxAgeSeconds) problems.push({ level: age > 2 * maxAgeSeconds ? 'critical' : 'warning', text })
    if (last.owedCount > 0) warn(`${formatCount(last.owedCount)} entries could not be copied and are owed to the next backup`)
    if (last.incomplete)
      warn('folders were missing on the target that the map does not hold: a full map is needed (lustrebackup_source_map --full)')
    if (!last.acknowledged) warn('the last backup is finished, but the source has not been told yet: the next run does it')
  }
  if (side === 'target' && unfinished !== null && running.every(({ command }) => command !== BACKUP_COMMAND)) {
    warn(`the backup of ${unfinished.snapshotName} was interrupted and waits to be continued (lustrebackup_target)`)
  }
  return problems
}

/** A clock was ahead, or is behind now: nothing can be said of the age, and until then no snapshot is newer than this one. */
function ofTheFuture(snapshotName: string, aheadSeconds: number, maxAgeSeconds: number): StatusProblem {
  const text = `the last finished backup holds a state of ${formatDuration(aheadSeconds)} in the future (${snapshotName}): a clock is, or was, wrong, and no newer snapshot can be made until then`
  return { level: aheadSeconds > maxAgeSeconds ? 'critical' : 'warning', text }
}

function verifyProblems({ differing }: StatusFacts): StatusProblem[] {
  return differing.map(({ timestamp, differenceCount, owedCount }) => {
    const owed = owedCount === 0 ? '' : `, ${formatCount(owedCount)} of which the backup could not copy and said so`
    const text = `the verification of the backup ${timestamp} found ${formatCount(differenceCount, 'difference')}${owed}`
    return { level: differenceCount > owedCount ? 'critical' : 'warning', text }
  })
}

function changelogProblems({ backlogs, unproven }: StatusFacts): StatusProblem[] {
  const problems = backlogs.flatMap(({ mdt, user, missing, leftSeconds, recordCount }): StatusProblem[] => {
    if (missing) return [{ level: 'critical', text: `the changelog user ${user} is not registered on ${mdt}` }]
    if (recordCount === null) return [{ level: 'warning', text: `the changelog of ${mdt} cannot be read` }]
    if (leftSeconds === null || leftSeconds > LEFT_WARNING_SECONDS) return []
    const level = leftSeconds > LEFT_CRITICAL_SECONDS ? 'warning' : 'critical'
    const text = `Lustre removes the changelog user ${user} of ${mdt} in about ${formatDuration(leftSeconds)} unless a backup is finished before`
    return [{ level, text }]
  })
  const full = unproven.map((reason): StatusProblem => ({ level: 'warning', text: `the next map has to be a full one: ${reason}` }))
  return [...problems, ...full]
}

function diskProblems({ disks }: StatusFacts): StatusProblem[] {
  return disks.flatMap(({ folder, totalBytes, freeBytes }): StatusProblem[] => {
    if (totalBytes === 0n || freeBytes * 100n >= totalBytes * FREE_WARNING_PERCENT) return []
    const level: Exclude<Level, 'ok'> = freeBytes * 100n < totalBytes * FREE_CRITICAL_PERCENT ? 'critical' : 'warning'
    return [{ level, text: `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} are free at ${folder}` }]
  })
}
