import type { MapHeader } from '../backupmap/backupmap-types.js'
import { formatBytes, formatCount, formatDuration, formatLine } from '../cli/format-units.js'
import { DIFFERENCE_KINDS, type DifferenceKind } from '../mirror/difference-types.js'
import { percentEncode } from '../types/path-bytes.js'
import type { BackupOutcome } from './backup-run.js'
import type { DryRun } from './dry-run.js'
import type { TargetBackup } from './target-types.js'

/** Owed entries that are shown; the log has them all. */
const OWED_SHOWN = 20

export interface Places {
  readonly log: string
  readonly state: string
  /** null when none could be made. */
  readonly report: string | null
}

/** The end of a backup for people. */
export function describeOutcome(outcome: BackupOutcome, places: Places): string {
  if (outcome.kind === 'nothing-to-do') {
    const { lastBackup, acknowledged } = outcome
    return [describeNothing(lastBackup), ...(acknowledged === null ? [] : describeOwed(acknowledged))].join('\n')
  }
  const { backup, header, continued } = outcome
  return [
    `${header.kind === 'full' ? 'full' : 'incremental'} backup of ${backup.snapshotName} finished${continued ? ' (continued)' : ''}`,
    ...describeCounts(header),
    ...describeTotals(backup),
    ...describePhases(backup),
    ...describeOwed(backup),
    formatLine('log', places.log),
    formatLine('state', places.state),
    ...(places.report === null ? [] : [formatLine('report', places.report)]),
  ].join('\n')
}

export function describeNothing(lastBackup: number | null): string {
  return lastBackup === null
    ? 'nothing to do: the source has no snapshot'
    : `nothing to do: the source has no snapshot newer than the last backup, ${lastBackup}`
}

/** Whether something was left out that a run had to copy, also one whose end this run only told the source. */
export function isIncomplete(outcome: BackupOutcome): boolean {
  const backup = backupOf(outcome)
  return backup !== null && (backup.owed.length > 0 || backup.totals.incompleteDirectories)
}

function backupOf(outcome: BackupOutcome): TargetBackup | null {
  return outcome.kind === 'finished' ? outcome.backup : outcome.acknowledged
}

/** A backup as one JSON document. */
export function outcomeDocument(outcome: BackupOutcome, report: string | null): object {
  const backup = backupOf(outcome)
  const owed = (backup?.owed ?? []).map(({ fid, path, reason }) => ({ fid, path: percentEncode(path), reason }))
  if (outcome.kind === 'nothing-to-do') return { outcome: outcome.kind, lastBackup: outcome.lastBackup, owed }
  const { header, continued } = outcome
  const { counts, tree } = header
  return { outcome: outcome.kind, continued, ...backup, owed, counts, treeAfter: tree, report }
}

/** What a backup would do, as one JSON document. */
export function dryRunDocument(plan: DryRun): object {
  if (plan.kind === 'nothing-to-do') return { outcome: plan.kind, lastBackup: plan.lastBackup }
  const { kind, snapshot, base, counts, tree } = plan.header
  return { outcome: 'dry-run', kind, snapshot, base, counts, tree, parts: plan.parts, continues: plan.interrupted?.phase ?? null }
}

export function describeDryRun(plan: DryRun): string {
  if (plan.kind === 'nothing-to-do') return describeNothing(plan.lastBackup)
  const { header, parts, interrupted } = plan
  const lines = parts.flatMap(({ kind, entryCount, examples }) => [
    formatLine(kind, formatCount(entryCount)),
    ...examples.map((path) => `  ${path === '' ? '.' : path}`),
  ])
  const rest =
    interrupted === null ? [] : [`the interrupted backup of ${interrupted.snapshotName} would be continued with ${interrupted.phase}`]
  return [`${header.kind} backup of ${header.snapshot.snapshotName} (not begun)`, ...rest, ...describeCounts(header), ...lines].join('\n')
}

function describeCounts({ counts, tree }: MapHeader): string[] {
  const { created, removed, moved, data, attributes } = counts
  const changes = `${formatCount(created)} created, ${formatCount(removed)} removed, ${formatCount(moved)} moved, ${formatCount(data)} with new data, ${formatCount(attributes)} with new attributes`
  return [
    formatLine('changes', changes),
    formatLine('tree', `${formatCount(tree.entryCount, 'entry').replace(/entrys$/, 'entries')}, ${formatBytes(tree.sizeBytes)}`),
  ]
}

function describeTotals({ totals }: TargetBackup): string[] {
  const { entries, fileCount, contentBytes, receivedBytes, removedCount, driftCount } = totals
  const drift = driftCount === 0 ? [] : [formatLine('target had drifted', `in ${formatCount(driftCount, 'place')}; see the log`)]
  const removed = removedCount === 0 ? [] : [formatLine('removed', `${formatCount(removedCount)} entries that the source does not have`)]
  return [
    formatLine(
      'transferred',
      `${formatCount(fileCount, 'file')} with ${formatBytes(contentBytes)}, of which ${formatBytes(receivedBytes)} came over the network`,
    ),
    formatLine(
      'checked',
      `${formatCount(entries.done)} right, ${formatCount(entries.repaired)} put right, ${formatCount(entries.owed)} owed`,
    ),
    ...removed,
    ...describeComparison(totals),
    ...drift,
  ]
}

function describeComparison({ comparison }: TargetBackup['totals']): string[] {
  if (comparison === null) return []
  const found = DIFFERENCE_KINDS.filter((kind) => comparison.differences[kind] > 0)
  const count = found.reduce((sum, kind) => sum + comparison.differences[kind], 0)
  const kinds = found.map((kind) => `${formatCount(comparison.differences[kind])} ${DIFFERENCE_WORDS[kind]}`)
  const differed = count === 0 ? 'none differed' : `${formatCount(count)} differed: ${kinds.join(', ')}`
  return [formatLine('compared', `${formatCount(comparison.entryCount, 'entry').replace(/entrys$/, 'entries')}, ${differed}`)]
}

const DIFFERENCE_WORDS: Readonly<Record<DifferenceKind, string>> = {
  missing: 'missing',
  extra: 'too many',
  'other-type': 'of another type',
  'other-content': 'with another size or time',
  'other-attributes': 'with other attributes',
  'other-links': 'with other hard links',
}

function describePhases({ phaseSeconds }: TargetBackup): string[] {
  return Object.entries(phaseSeconds).map(([phase, seconds]) => formatLine(phase, formatDuration(seconds ?? 0)))
}

function describeOwed({ owed, totals }: TargetBackup): string[] {
  const shown = owed.slice(0, OWED_SHOWN).map(({ path, reason }) => `  ${percentEncode(path)}: ${reason}`)
  const more = owed.length > OWED_SHOWN ? [`  and ${formatCount(owed.length - OWED_SHOWN)} more; see the log`] : []
  const lost = totals.incompleteDirectories
    ? ['folders were missing on the target that the map does not hold: make a full map on the source (lustrebackup_source_map --full)']
    : []
  return owed.length === 0 ? lost : ['NOT backed up, and owed to the next backup:', ...shown, ...more, ...lost]
}
