import { LustrebackupError } from '../errors/errors.js'
import type { Snapshot } from './snapshot-types.js'

/** Which snapshot a person means. */
export type SnapshotSelector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'timestamp'; readonly timestamp: number }
  | { readonly kind: 'newest' }

/** The snapshot; null when there is none. A timestamp prefers a snapshot of ours over one that was made in the same second. */
export function findSnapshot(snapshots: readonly Snapshot[], selector: SnapshotSelector): Snapshot | null {
  switch (selector.kind) {
    case 'name':
      return snapshots.find(({ name }) => name === selector.name) ?? null
    case 'timestamp': {
      const matches = snapshots.filter(({ timestamp }) => timestamp === selector.timestamp)
      return matches.find(({ ours }) => ours) ?? matches[0] ?? null
    }
    case 'newest':
      return snapshots.find(({ ours }) => ours) ?? null
  }
}

export function selectorInWords(selector: SnapshotSelector): string {
  if (selector.kind === 'newest') return 'a snapshot made by lustrebackup'
  return selector.kind === 'name' ? `a snapshot named ${selector.name}` : `a snapshot with timestamp ${selector.timestamp}`
}

export function snapshotNotFound(selector: SnapshotSelector, fsname: string): LustrebackupError {
  return new LustrebackupError('SNAPSHOT_NOT_FOUND', `the MGS knows no ${selectorInWords(selector).slice(2)} of ${fsname}`, {
    hint: 'lustrebackup_snapshot_list -r shows all there are',
  })
}
