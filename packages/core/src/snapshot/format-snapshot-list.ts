import type { Snapshot } from './snapshot-types.js'

/** Blocks of `key: value` with an empty line between them, in the keys of `lctl snapshot_list` and with the timestamp. */
export function formatSnapshotList(snapshots: readonly Snapshot[]): string {
  return snapshots.map(formatSnapshot).join('\n\n')
}

function formatSnapshot(snapshot: Snapshot): string {
  const values: readonly (readonly [key: string, value: string | null])[] = [
    ['filesystem_name', snapshot.fsname],
    ['snapshot_name', snapshot.name],
    ['timestamp', String(snapshot.timestamp)],
    ['create_time', snapshot.createTime],
    ['modify_time', snapshot.modifyTime],
    ['snapshot_fsname', snapshot.snapshotFsname],
    ['comment', snapshot.comment],
    ['status', snapshot.mounted ? 'mounted' : 'not mount'],
  ]
  return values.flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}`])).join('\n')
}
