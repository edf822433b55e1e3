import { formatBytes, formatCount, formatDuration, formatLine } from '../cli/format-units.js'
import { percentEncode } from '../types/path-bytes.js'
import { coverage, describeFilter } from './describe-source.js'
import type { VerifyDifference } from './difference-types.js'
import { plainJson } from './parse-verification.js'
import type { TargetVerifyEnd, TargetVerifyOutcome } from './target-verify-types.js'

/** Differences that a person is shown; the file has all. */
const SHOWN = 50

/** The end of a comparison for people. */
export function describeTargetVerify(outcome: TargetVerifyOutcome): string {
  if (outcome.kind === 'nothing-newer') {
    return `nothing to do: the source has no verification newer than ${outcome.start}, the last one that was compared here`
  }
  return outcome.ends.map(describeEnd).join('\n\n')
}

function describeEnd({ result, differences, differenceFile, resumed }: TargetVerifyEnd): string {
  const { counts, seconds, readSeconds, target, filter } = result
  const rate = readSeconds > 0 ? `, ${formatBytes(Number(counts.bytes) / readSeconds)}/s` : ''
  return [
    `${result.snapshotName} compared with ${target.snapshotName ?? target.path}${resumed ? ' (resumed)' : ''}: ${verdict(result.differenceCount)}`,
    formatLine('covers', coverage(result)),
    ...describeFilter(filter).map((text) => formatLine('only', text)),
    formatLine('objects', `${formatCount(counts.objects)}, and the names in ${formatCount(counts.directories)} directories`),
    formatLine('content', `${formatCount(counts.files, 'file')} with ${formatBytes(counts.bytes)} in ${formatDuration(seconds)}${rate}`),
    ...notCompared(result),
    ...(result.differenceCount === 0 ? [] : [formatLine('differences', describeAspects(result.byAspect))]),
    ...differences.slice(0, SHOWN).map(describeDifference),
    ...(result.differenceCount > SHOWN ? [`  and ${formatCount(result.differenceCount - SHOWN)} more`] : []),
    ...(result.owedCount === 0
      ? []
      : [formatLine('owed', `${formatCount(result.owedCount)} of them the backup could not copy, and said so`)]),
    ...(differenceFile === null ? [] : [formatLine('all of them in', differenceFile)]),
  ].join('\n')
}

function verdict(count: number): string {
  return count === 0 ? 'no difference' : `${formatCount(count, 'difference')}`
}

function notCompared({ counts, unreadableCount }: TargetVerifyEnd['result']): string[] {
  if (counts.notCompared === 0) return []
  const unreadable = unreadableCount === 0 ? '' : `, ${formatCount(unreadableCount)} of them unreadable on the source`
  return [formatLine('not compared', `content of ${formatCount(counts.notCompared, 'file')}${unreadable}`)]
}

export function describeAspects(byAspect: TargetVerifyEnd['result']['byAspect']): string {
  return Object.entries(byAspect)
    .map(([aspect, count]) => `${formatCount(count ?? 0)} ${aspect}`)
    .join(', ')
}

export function describeDifference({ path, aspect, expected, found }: VerifyDifference): string {
  const name = path.length === 0 ? '.' : percentEncode(path)
  return `  ${name}: ${aspect}: ${expected} on the source, ${found} on the target`
}

/** The same as one JSON document. */
export function targetVerifyDocument(outcome: TargetVerifyOutcome): object {
  if (outcome.kind === 'nothing-newer') return { outcome: outcome.kind, start: outcome.start }
  const verifications = outcome.ends.map(({ result, differences, differenceFile, resumed }) => ({
    ...plainJson(result),
    resumed,
    differenceFile,
    differences: differences.map(differenceDocument),
  }))
  return { outcome: outcome.kind, verifications }
}

export function differenceDocument({ path, ...rest }: VerifyDifference): object {
  return { path: percentEncode(path), ...rest }
}
