import { formatBytes, formatCount, formatDuration, formatTimestamp } from '../cli/format-units.js'
import { columnChart } from './column-chart.js'
import type { HistoryRun, Report } from './report-types.js'

const DAY_LENGTH = 10

/** The last backups beside one another: how much, how long, how fast. */
export function renderHistory({ history }: Report): string {
  if (history.length === 0) return ''
  const chart = (title: string, figureOf: (run: HistoryRun) => number, format: (value: number) => string) => {
    const columns = history.map((run) => ({
      label: formatTimestamp(run.timestamp).slice(0, DAY_LENGTH),
      value: figureOf(run),
      text: `${describeRun(run)}: ${format(figureOf(run))}`,
      marked: run.owedCount > 0,
    }))
    return `<h3>${title}</h3>\n${columnChart(title, columns, format)}`
  }
  return [
    `<h2>The last ${history.length === 1 ? 'backup' : `${formatCount(history.length)} backups`}</h2>`,
    history.some(({ owedCount }) => owedCount > 0) ? '<p class="soft">In another colour: backups that left entries out.</p>' : '',
    chart('Content transferred', ({ contentBytes }) => Number(contentBytes), formatBytes),
    chart('Time of work', ({ workSeconds }) => workSeconds, formatDuration),
    chart('Throughput', throughput, (value) => `${formatBytes(value)}/s`),
  ].join('\n')
}

/** Bytes of content a second, while content was transferred. */
export function throughput({ contentBytes, transferSeconds }: HistoryRun): number {
  return transferSeconds > 0 ? Number(contentBytes) / transferSeconds : 0
}

function describeRun({ timestamp, kind, fileCount, contentBytes, workSeconds, owedCount }: HistoryRun): string {
  const owed = owedCount === 0 ? '' : `, ${formatCount(owedCount)} owed`
  return `${formatTimestamp(timestamp)}, ${kind}, ${formatCount(fileCount, 'file')}, ${formatBytes(contentBytes)} in ${formatDuration(workSeconds)}${owed}`
}
