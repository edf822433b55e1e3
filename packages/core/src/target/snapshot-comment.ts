import type { MapHeader } from '../backupmap/backupmap-types.js'

/** Comment of the target's snapshot: what it holds of the source, in the form that the commands for restoring and verifying read. */
export function targetSnapshotComment(header: MapHeader): string {
  const fields = {
    source_fsname: header.fsname,
    source_snapshot: header.snapshot.snapshotName,
    source_start_recno: recnos(header, 'startRecno'),
    source_end_recno: recnos(header, 'endRecno'),
    source_largefile_size: header.settings.largefileSizeBytes,
    source_hugefile_size: header.settings.hugefileSizeBytes,
  }
  return Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')
}

function recnos(header: MapHeader, field: 'startRecno' | 'endRecno'): string {
  const [only, ...others] = header.mdts
  if (only !== undefined && others.length === 0) return String(only[field])
  return header.mdts.map((mdt) => `${mdt.mdt}=${mdt[field]}`).join('/')
}

/** Name of the target's snapshot of a backup: the source's file system and time. */
export function targetSnapshotName(header: MapHeader): string {
  return `${header.fsname}-backup-${header.snapshot.timestamp}`
}
