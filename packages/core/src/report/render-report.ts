import { formatBytes, formatCount, formatDuration, formatTimestamp } from '../cli/format-units.js'
import { barChart } from './bar-chart.js'
import { escapeHtml, shownPath } from './html-text.js'
import { renderFolders, renderKinds } from './render-changes.js'
import { renderHistory } from './render-history.js'
import { REPORT_STYLE } from './report-style.js'
import type { Report } from './report-types.js'

/** A report as one HTML page that needs nothing else: what a browser may load is nothing at all, and nothing in it is run. */
export function renderReport(report: Report): string {
  const title = `${report.kind === 'full' ? 'Full' : 'Incremental'} backup of ${report.snapshotName}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${[intro(report), state(report), tiles(report), renderKinds(report), phases(report), renderHistory(report), renderFolders(report), owed(report)].filter((part) => part !== '').join('\n')}
<footer>Times are UTC. Made by lustrebackup ${escapeHtml(report.software)} at ${formatTimestamp(report.madeAt)}.</footer>
</body>
</html>
`
}

function intro({ fsname, timestamp, base, startedAt, finishedAt }: Report): string {
  const from = base === null ? 'the first state' : `since the backup ${base} (${formatTimestamp(base)})`
  return `<p class="soft">${escapeHtml(`File system ${fsname}, as it was at ${formatTimestamp(timestamp)}, ${from}. Begun ${formatTimestamp(startedAt)}, finished ${formatTimestamp(finishedAt)}.`)}</p>`
}

function state({ owedCount, totals }: Report): string {
  const lines: string[] = []
  if (owedCount > 0) lines.push(`${formatCount(owedCount)} entries could not be backed up and are owed to the next backup`)
  if (totals.incompleteDirectories) lines.push('Folders were missing on the target that the map does not hold: a full map is needed')
  if (lines.length === 0) return '<p class="state good">Finished; nothing was left out</p>'
  return lines.map((line) => `<p class="state bad">${escapeHtml(line)}</p>`).join('\n')
}

function tiles({ totals, tree, phaseSeconds, history }: Report): string {
  const work = Object.values(phaseSeconds).reduce((sum, seconds) => sum + seconds, 0)
  const transfer = history.at(-1)?.transferSeconds ?? 0
  const rate = transfer > 0 ? `${formatBytes(Number(totals.contentBytes) / transfer)}/s` : '–'
  const { done, repaired, owed } = totals.entries
  const shown: readonly (readonly [string, string])[] = [
    ['Files transferred', formatCount(totals.fileCount)],
    ['Content of these', formatBytes(totals.contentBytes)],
    ['Over the network', formatBytes(totals.receivedBytes)],
    ['Time of work', formatDuration(work)],
    ['Throughput', rate],
    ['Entries checked', formatCount(done + repaired + owed)],
    ['Put right', formatCount(repaired)],
    ['Entries in the tree', formatCount(tree.entryCount)],
    ['Size of the tree', formatBytes(tree.bytes)],
  ]
  return `<dl>\n${shown.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('\n')}\n</dl>`
}

function phases({ phaseSeconds }: Report): string {
  const bars = Object.entries(phaseSeconds).map(([label, value]) => ({ label, value, text: formatDuration(value) }))
  return `<h2>Time per phase</h2>\n${barChart('Time per phase', bars)}`
}

function owed({ owed: entries, owedCount }: Report): string {
  if (owedCount === 0) return ''
  const rows = entries.map(({ path, reason }) => `<tr><td>${escapeHtml(shownPath(path))}</td><td>${escapeHtml(reason)}</td></tr>`)
  const more =
    owedCount > entries.length ? `<p class="soft">and ${formatCount(owedCount - entries.length)} more; the log has them all</p>` : ''
  return `<h2>Not backed up</h2>\n<table>\n<tr><th>Path</th><th>Why</th></tr>\n${rows.join('\n')}\n</table>\n${more}`
}
