import { formatBytes, formatCount, formatDuration, formatLine, formatTimestamp } from '../cli/format-units.js'
import type { Coverage } from '../verify/last-sample.js'
import { LEVELS, type Level, type Status, type StatusFacts } from './status-types.js'

const WORDS: Readonly<Record<Level, string>> = { ok: 'OK', warning: 'WARNING', critical: 'CRITICAL' }

/** The exit code by which a monitoring system knows the level. */
export function exitCodeOf(level: Level): 0 | 1 | 2 {
  return LEVELS.indexOf(level) as 0 | 1 | 2
}

export function describeStatus({ level, problems, facts }: Status): string[] {
  return [
    `${facts.side}: ${WORDS[level].toLowerCase()}`,
    ...problems.map((problem) => `  ${problem.level}: ${problem.text}`),
    ...describeBackups(facts),
    ...describeRest(facts),
  ]
}

/** One line, with the figures behind the bar. */
export function describeForNagios({ level, problems, facts }: Status): string {
  const { last, nowSeconds } = facts
  const said = problems.filter((problem) => problem.level === level).map(({ text }) => text)
  const fine = last === null ? '' : `last backup ${last.snapshotName}, ${formatDuration(nowSeconds - last.timestamp)} old`
  const text = (level === 'ok' ? fine : said.join('; ')).replace(/[|\n]/g, ' ')
  const figures = [
    ...(last === null ? [] : [`age=${nowSeconds - last.timestamp}s`, `owed=${last.owedCount}`]),
    ...facts.backlogs.flatMap(({ mdt, recordCount }) => (recordCount === null ? [] : [`backlog_${mdt}=${recordCount}`])),
  ]
  return `LUSTREBACKUP ${WORDS[level]} - ${text} | ${figures.join(' ')}`
}

function describeBackups({ last, unfinished, running, nowSeconds }: StatusFacts): string[] {
  const lines: string[] = []
  if (last !== null) {
    const finished = last.finishedAt === null ? '' : `, finished ${formatTimestamp(last.finishedAt)} UTC`
    lines.push(formatLine('last backup', `${last.snapshotName}, ${formatDuration(nowSeconds - last.timestamp)} old${finished}`))
  }
  if (unfinished !== null) {
    const { snapshotName, startedAt, phase } = unfinished
    const where = phase === null ? '' : `, phase ${phase.name} (${phase.number} of ${phase.count})`
    lines.push(formatLine('unfinished', `${snapshotName}, begun ${formatDuration(nowSeconds - startedAt)} ago${where}`))
  }
  for (const { command, host, pid, since } of running) {
    lines.push(formatLine('running', `${command}, process ${pid} on ${host}, for ${formatDuration(nowSeconds - since)}`))
  }
  if (running.length === 0) lines.push(formatLine('running', 'nothing'))
  return lines
}

function describeRest({ backlogs, snapshots, lastVerified, coverage, report, disks, nowSeconds }: StatusFacts): string[] {
  const left = (seconds: number | null) => (seconds === null ? '' : `; kept by Lustre for about ${formatDuration(seconds)} more`)
  return [
    ...backlogs.map(({ mdt, recordCount, leftSeconds }) =>
      formatLine(
        `changelog ${mdt}`,
        recordCount === null ? 'unknown' : `${formatCount(recordCount, 'record')} that no backup has yet${left(leftSeconds)}`,
      ),
    ),
    ...(snapshots === null
      ? []
      : [
          formatLine(
            'snapshots',
            `${formatCount(snapshots.count)}, newest ${snapshots.newest ?? 'none'} (asked ${formatDuration(nowSeconds - snapshots.listedAt)} ago)`,
          ),
        ]),
    formatLine('verified', lastVerified === null ? 'never' : `${lastVerified} (${formatTimestamp(lastVerified)} UTC)`),
    ...(coverage === null ? [] : [formatLine('content read', describeCoverage(coverage, nowSeconds))]),
    ...(report === null ? [] : [formatLine('report', report)]),
    ...disks.map(({ folder, totalBytes, freeBytes }) =>
      formatLine('disk', `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free at ${folder}`),
    ),
  ]
}

function describeCoverage({ files, bytes, oldest, treeBytes, runsToCover }: Coverage, nowSeconds: number): string {
  const age = oldest === null ? '' : `, longest ago ${formatDuration(nowSeconds - oldest)}`
  return `${formatCount(files, 'file')}, ${formatBytes(bytes)} of ${formatBytes(treeBytes)}${age}; ${formatCount(runsToCover, 'run')} like the last one read all of it`
}
