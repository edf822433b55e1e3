/** Every metric: all are gauges, because each run writes what was true at its end. The file has no time stamps: Prometheus takes its own. */
export const METRICS = {
  lustrebackup_build_info: 'Version of the software that ran; always 1.',
  lustrebackup_run_exit_code: 'Exit code of the last run of a command.',
  lustrebackup_run_duration_seconds: 'How long the last run of a command took.',
  lustrebackup_run_end_timestamp_seconds: 'When the last run of a command ended.',
  lustrebackup_last_backup_snapshot_timestamp_seconds: 'Time of the source snapshot of the last finished backup: the state that is safe.',
  lustrebackup_last_backup_finish_timestamp_seconds: 'When the last backup was finished.',
  lustrebackup_last_backup_owed_entries: 'Entries that the last backup could not copy.',
  lustrebackup_last_backup_acknowledged: '1 when the source knows that the last backup is finished.',
  lustrebackup_last_backup_incomplete: '1 when folders were missing on the target that only a full map brings back.',
  lustrebackup_last_backup_full: '1 when the last backup was a full one.',
  lustrebackup_last_backup_phase_duration_seconds: 'Time of each phase of the last backup.',
  lustrebackup_last_backup_transferred_files: 'Files of which the last backup transferred content.',
  lustrebackup_last_backup_transferred_bytes: 'Content of these files.',
  lustrebackup_last_backup_received_bytes: 'What came over the network in the last backup.',
  lustrebackup_last_backup_repaired_entries: 'Entries that the last backup had to put right after it had written them.',
  lustrebackup_last_backup_drifts: 'Places in which the target was not as the backup before had left it.',
  lustrebackup_last_backup_compared_entries: 'Entries of the slice of the rolling comparison.',
  lustrebackup_last_backup_differences: 'What the rolling comparison found, by kind.',
  lustrebackup_unfinished_backup: '1 when a backup has begun and is not finished.',
  lustrebackup_tree_entries: 'Entries of the tree.',
  lustrebackup_tree_bytes: 'Size of the files of the tree.',
  lustrebackup_last_map_snapshot_timestamp_seconds: 'Time of the snapshot of the last map.',
  lustrebackup_last_map_full: '1 when the last map is a full one.',
  lustrebackup_last_map_unproven: '1 when the next map has to be a full one.',
  lustrebackup_last_map_changelog_records: 'Changelog records that the last map holds, by MDT.',
  lustrebackup_last_map_entries: 'Entries of the last map by what happened to them.',
  lustrebackup_last_map_data_bytes: 'Size of the files with new data in the last map.',
  lustrebackup_last_verified_snapshot_timestamp_seconds:
    'Time of the newest snapshot with a verification: on the target, of the newest backup that was found right.',
  lustrebackup_verification_differences: 'Differences that verifications found in backups after that one.',
  lustrebackup_sample_oldest_timestamp_seconds: 'When the content was read that was read longest ago.',
  lustrebackup_sample_known_bytes: 'Content that was read at some time, and found right.',
  lustrebackup_sample_tree_bytes: 'Content of the tree, as the last sample found it.',
} as const

export type MetricName = keyof typeof METRICS

export interface Sample {
  readonly name: MetricName
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number | bigint
}
