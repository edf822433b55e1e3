import type { MetaLayout } from '../state/meta-layout.js'
import { loadState } from '../state/state-file.js'
import { linkedTimestamp } from '../state/state-link.js'
import { asObject, asString } from '../state/state-shape.js'

/** The file systems whose states this side keeps in snapshots: its own and, on the target, the source's, as the records of its backups name it. */
export function loadOwnFsnames(layout: MetaLayout, fsname: string): ReadonlySet<string> {
  const backups = (['last_backup', 'inprogress_backup'] as const).flatMap((link) => linkedTimestamp(layout.link(link)) ?? [])
  const recorded = backups.flatMap(
    (timestamp) => loadState(layout.backup(timestamp), (record) => asString(asObject(record).fsname, 'fsname')) ?? [],
  )
  return new Set([fsname, ...recorded])
}
