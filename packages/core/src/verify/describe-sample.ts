import { formatBytes, formatCount, formatDuration, formatLine, formatTimestamp } from '../cli/format-units.js'
import { describeDifference, differenceDocument } from './describe-target.js'
import { plainJson } from './parse-verification.js'
import type { SampleResult } from './sample-run.js'

/** The end of a sample for people. */
export function describeSample(result: SampleResult): string {
  const { target, differences, files, bytes, seconds, known, treeBytes, changedFiles, goneFiles } = result
  const count = differences.length
  const rate = seconds > 0 ? `, ${formatBytes(Number(bytes) / seconds)}/s` : ''
  const dropped = [
    ...(changedFiles === 0 ? [] : [`${formatCount(changedFiles)} changed`]),
    ...(goneFiles === 0 ? [] : [`${formatCount(goneFiles)} no longer there`]),
  ]
  return [
    `sample of ${target.snapshotName ?? target.path}: ${count === 0 ? 'no difference' : formatCount(count, 'difference')}`,
    formatLine('read', `${formatCount(files, 'file')} with ${formatBytes(bytes)} in ${formatDuration(seconds)}${rate}`),
    ...differences.slice(0, 50).map(describeDifference),
    ...(dropped.length === 0
      ? []
      : [formatLine('since verified', `${dropped.join(', ')}; known again when the backups since then are verified`)]),
    formatLine('known', `${formatCount(known.files, 'file')} with ${formatBytes(known.bytes)}, of ${formatBytes(treeBytes)} in the tree`),
    formatLine('oldest verified', known.oldest === null ? 'none' : `${formatTimestamp(known.oldest)} UTC`),
    formatLine('covered in', coverText(result.runsToCover)),
  ].join('\n')
}

function coverText(runs: number): string {
  return `${formatCount(runs, 'run')} like this: with one a day, ${formatCount(runs, 'day')}`
}

/** The same as one JSON document. */
export function sampleDocument(result: SampleResult): object {
  return { outcome: 'sampled', ...plainJson({ ...result, differences: result.differences.map(differenceDocument) }) }
}
