import { partsOf, readPart } from '../backupmap/map-reader.js'
import type { Log } from '../log/log-types.js'
import { type Owed, UNREACHABLE_REASON } from '../transfer/owed-types.js'
import type { Fid } from '../types/fid.js'
import { type PathBytes, percentEncode } from '../types/path-bytes.js'
import type { BackupSession } from './backup-session.js'

/** Entries that are named; the source keeps all of them in mind itself. */
const NAMED = 1000

/** What the source could not put into the map because its path is too long: each is named and owed. */
export async function collectUnreachable({ map }: Pick<BackupSession, 'map'>, known: readonly Owed[], log: Log): Promise<Owed[]> {
  const owed = new Set(known.map(({ fid }) => fid))
  const folders = new Map<Fid, PathBytes>()
  for (const part of partsOf(map.header, 'unreachable')) {
    for await (const entries of readPart(map.folder, { ...part, kind: 'unreachable' })) {
      for (const { fid, folder } of entries) {
        if (owed.has(fid) || (folders.size >= NAMED && !folders.has(fid))) continue
        folders.set(fid, folder ?? folders.get(fid) ?? (Buffer.alloc(0) as PathBytes))
      }
    }
  }
  return Array.from(folders, ([fid, path]) => {
    log.error('an entry cannot be backed up', { fid, folder: percentEncode(path), reason: UNREACHABLE_REASON })
    return { fid, path, reason: `${fid}, somewhere below: ${UNREACHABLE_REASON}` }
  })
}
