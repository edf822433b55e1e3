import { formatBytes, formatCount, formatDuration, formatLine, formatTimestamp } from '../cli/format-units.js'
import { percentEncode } from '../types/path-bytes.js'
import { plainJson } from './parse-verification.js'
import type { SourceVerifyOutcome } from './source-verify-types.js'
import type { VerifyContent, VerifyFilter } from './verification-types.js'

/** The end of a verification of the source for people. */
export function describeSourceVerify(outcome: SourceVerifyOutcome): string {
  if (outcome.kind === 'nothing-newer') return `nothing to do: no finished backup is newer than ${outcome.start}`
  const { header, folder, resumed, seconds, readSeconds, unreadable } = outcome
  const { counts, backups, snapshotName } = header
  const rate = readSeconds > 0 ? `, ${formatBytes(Number(counts.bytes) / readSeconds)}/s` : ''
  const rest = counts.unreadable - unreadable.length
  return [
    `verification of ${snapshotName} made${resumed ? ' (resumed)' : ''}`,
    formatLine('covers', coverage(header)),
    formatLine('backups', `${formatCount(backups.length)}: ${backups.slice(-10).join(', ')}`),
    ...describeFilter(header.filter).map((text) => formatLine('only', text)),
    formatLine('objects', `${formatCount(counts.entries)}, of which ${formatCount(counts.directories)} directories`),
    formatLine('content', `${formatCount(counts.files, 'file')} with ${formatBytes(counts.bytes)} in ${formatDuration(seconds)}${rate}`),
    formatLine('not read', `${formatCount(counts.released)} released to the HSM, ${formatCount(counts.unreadable)} unreadable`),
    ...unreadable.map((content) => `  ${showUnreadable(content)}`),
    ...(rest > 0 && unreadable.length > 0 ? [`  and ${formatCount(rest)} more`] : []),
    formatLine('gone since', formatCount(counts.gone)),
    formatLine('kept in', folder),
  ].join('\n')
}

export function coverage({ start, whole }: { readonly start: number; readonly whole: boolean }): string {
  return whole ? 'everything' : `what changed after ${start} (${formatTimestamp(start)})`
}

export function describeFilter({ renamedOnly, modifiedSince }: VerifyFilter): string[] {
  return [
    ...(renamedOnly ? ['what was renamed'] : []),
    ...(modifiedSince === null ? [] : [`what was modified since ${modifiedSince} (${formatTimestamp(modifiedSince)})`]),
  ]
}

/** The same as one JSON document. */
export function sourceVerifyDocument(outcome: SourceVerifyOutcome): object {
  if (outcome.kind === 'nothing-newer') return { outcome: outcome.kind, start: outcome.start }
  const { parts, ...header } = outcome.header
  const { folder, resumed, seconds, readSeconds } = outcome
  const unreadable = outcome.unreadable.map(showUnreadable)
  return { outcome: outcome.kind, resumed, seconds, readSeconds, folder, ...plainJson(header), partCount: parts.length, unreadable }
}

function showUnreadable({ path, reason }: VerifyContent): string {
  return `${percentEncode(path)}: ${reason}`
}
