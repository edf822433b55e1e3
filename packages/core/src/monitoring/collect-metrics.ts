import type { MapHeader } from '../backupmap/backupmap-types.js'
import { DIFFERENCE_KINDS } from '../mirror/difference-types.js'
import type { SourceBackup } from '../source/source-backup.js'
import type { TargetBackup } from '../target/target-types.js'
import type { Coverage } from '../verify/last-sample.js'
import type { VerifiedState } from '../verify/verified-state.js'
import type { Sample } from './metric-types.js'
import type { FinishedRun } from './monitoring-types.js'

export function runSamples({ command, exitCode, durationSeconds }: FinishedRun, nowSeconds: number, version: string): Sample[] {
  const labels = { command }
  return [
    { name: 'lustrebackup_build_info', labels: { command, version }, value: 1 },
    { name: 'lustrebackup_run_exit_code', labels, value: exitCode },
    { name: 'lustrebackup_run_duration_seconds', labels, value: durationSeconds },
    { name: 'lustrebackup_run_end_timestamp_seconds', labels, value: nowSeconds },
  ]
}

/** What a target knows after a run. */
export function targetSamples(last: TargetBackup | null, unfinished: boolean): Sample[] {
  return [{ name: 'lustrebackup_unfinished_backup', value: Number(unfinished) }, ...(last === null ? [] : backupSamples(last))]
}

function backupSamples(last: TargetBackup): Sample[] {
  const { totals } = last
  const { comparison } = totals
  return [
    ...finishedSamples(last),
    { name: 'lustrebackup_last_backup_acknowledged', value: Number(last.acknowledged) },
    { name: 'lustrebackup_last_backup_incomplete', value: Number(totals.incompleteDirectories) },
    { name: 'lustrebackup_last_backup_full', value: Number(last.kind === 'full') },
    ...Object.entries(last.phaseSeconds).map(
      ([phase, value]): Sample => ({ name: 'lustrebackup_last_backup_phase_duration_seconds', labels: { phase }, value }),
    ),
    { name: 'lustrebackup_last_backup_transferred_files', value: totals.fileCount },
    { name: 'lustrebackup_last_backup_transferred_bytes', value: totals.contentBytes },
    { name: 'lustrebackup_last_backup_received_bytes', value: totals.receivedBytes },
    { name: 'lustrebackup_last_backup_repaired_entries', value: totals.entries.repaired },
    { name: 'lustrebackup_last_backup_drifts', value: totals.driftCount },
    { name: 'lustrebackup_last_backup_compared_entries', value: comparison?.entryCount ?? 0 },
    ...DIFFERENCE_KINDS.map(
      (kind): Sample => ({ name: 'lustrebackup_last_backup_differences', labels: { kind }, value: comparison?.differences[kind] ?? 0 }),
    ),
    ...treeSamples(last.treeEntryCount, last.treeBytes),
  ]
}

/** What a source knows after a map was made. */
export function sourceSamples(last: SourceBackup | null, map: MapHeader | null): Sample[] {
  return [...(last === null ? [] : finishedSamples(last)), ...(map === null ? [] : mapSamples(map))]
}

/** What a side knows after a verification. */
export function verificationSamples({ lastVerified, differing, coverage }: VerifiedState): Sample[] {
  const differences = differing.reduce((sum, { differenceCount }) => sum + differenceCount, 0)
  return [
    ...(lastVerified === null ? [] : [{ name: 'lustrebackup_last_verified_snapshot_timestamp_seconds', value: lastVerified } as const]),
    { name: 'lustrebackup_verification_differences', value: differences },
    ...(coverage === null ? [] : coverageSamples(coverage)),
  ]
}

function coverageSamples({ oldest, bytes, treeBytes }: Coverage): Sample[] {
  return [
    ...(oldest === null ? [] : [{ name: 'lustrebackup_sample_oldest_timestamp_seconds', value: oldest } as const]),
    { name: 'lustrebackup_sample_known_bytes', value: bytes },
    { name: 'lustrebackup_sample_tree_bytes', value: treeBytes },
  ]
}

function mapSamples({ kind, snapshot, unproven, mdts, counts, tree }: MapHeader): Sample[] {
  const entries = (['touched', 'created', 'removed', 'moved', 'data', 'attributes', 'failed'] as const).map(
    (change): Sample => ({ name: 'lustrebackup_last_map_entries', labels: { change }, value: counts[change] }),
  )
  return [
    { name: 'lustrebackup_last_map_snapshot_timestamp_seconds', value: snapshot.timestamp },
    { name: 'lustrebackup_last_map_full', value: Number(kind === 'full') },
    { name: 'lustrebackup_last_map_unproven', value: Number(unproven.length > 0) },
    ...mdts.map(
      ({ mdt, recordCount }): Sample => ({ name: 'lustrebackup_last_map_changelog_records', labels: { mdt }, value: recordCount }),
    ),
    ...entries,
    { name: 'lustrebackup_last_map_data_bytes', value: counts.dataBytes },
    ...treeSamples(tree.entryCount, tree.sizeBytes),
  ]
}

function finishedSamples({
  timestamp,
  finishedAt,
  owed,
}: Pick<TargetBackup | SourceBackup, 'timestamp' | 'finishedAt' | 'owed'>): Sample[] {
  return [
    { name: 'lustrebackup_last_backup_snapshot_timestamp_seconds', value: timestamp },
    ...(finishedAt === null ? [] : [{ name: 'lustrebackup_last_backup_finish_timestamp_seconds', value: finishedAt } as const]),
    { name: 'lustrebackup_last_backup_owed_entries', value: owed.length },
  ]
}

function treeSamples(entries: number, bytes: bigint | number): Sample[] {
  return [
    { name: 'lustrebackup_tree_entries', value: entries },
    { name: 'lustrebackup_tree_bytes', value: bytes },
  ]
}
