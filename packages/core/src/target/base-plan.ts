import type { MapHeader } from '../backupmap/backupmap-types.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import { isBetween, type TargetBackup, type TreeIdentity } from './target-types.js'

/** What is known of the target before a map is applied to it. */
export interface TargetFacts {
  readonly last: TargetBackup | null
  readonly inProgress: TargetBackup | null
  readonly tree: TreeIdentity
  /** Nothing is in the folder of the tree. */
  readonly isEmpty: boolean
}

export type BaseCheck =
  | { readonly kind: 'start' }
  /** The rest of an interrupted run of this very map. */
  | { readonly kind: 'continue'; readonly backup: TargetBackup }
  /** `code`, what is wrong, what to do. */
  | { readonly kind: 'refuse'; readonly code: string; readonly reason: string; readonly hint: string }

const GIVE_UP_HINT = `Give this run up here with lustrebackup_target_abort. ${FULL_MAP_HINT} It compares everything and repairs what differs.`

/** Whether a map may be applied: never to a tree that is not its base. A full map starts from anything. */
export function checkBase(header: MapHeader, headerDigest: string, facts: TargetFacts): BaseCheck {
  const { last, inProgress, tree } = facts
  const { timestamp } = header.snapshot
  const between = inProgress !== null && isBetween(inProgress)
  if (inProgress !== null && between && inProgress.timestamp === timestamp && inProgress.headerDigest === headerDigest) {
    return inProgress.tree.ino === tree.ino ? { kind: 'continue', backup: inProgress } : otherTree(inProgress, tree)
  }
  if (header.kind === 'full') return { kind: 'start' }
  if (inProgress !== null && between) {
    const reason = `the target is between ${inProgress.base ?? 'nothing'} and ${inProgress.timestamp}, and the source offers another map, of ${timestamp}`
    return { kind: 'refuse', code: 'TARGET_BETWEEN', reason, hint: GIVE_UP_HINT }
  }
  const base = header.base?.timestamp ?? null
  if (last === null || base !== last.timestamp) {
    const held = last === null ? 'no finished backup' : `the backup of ${last.timestamp}`
    const reason = `the map starts from the backup of ${base ?? 'nothing'}, the target holds ${held}`
    return { kind: 'refuse', code: 'WRONG_BASE', reason, hint: GIVE_UP_HINT }
  }
  if (last.tree.ino !== tree.ino) return otherTree(last, tree)
  if (facts.isEmpty && last.treeEntryCount > 1) {
    const reason = `${tree.dataPath} is empty, where the backup of ${last.timestamp} left ${last.treeEntryCount} entries`
    return { kind: 'refuse', code: 'TARGET_EMPTIED', reason, hint: mountHint(GIVE_UP_HINT) }
  }
  return { kind: 'start' }
}

function otherTree(backup: TargetBackup, tree: TreeIdentity): BaseCheck {
  const reason = `${tree.dataPath} is not the folder that the backup of ${backup.timestamp} left (inode ${tree.ino} instead of ${backup.tree.ino})`
  return { kind: 'refuse', code: 'TARGET_REPLACED', reason, hint: mountHint(GIVE_UP_HINT) }
}

function mountHint(otherwise: string): string {
  return `Check that the right file system is mounted and that [LUSTRE] data_path is right. If the tree was replaced on purpose: ${otherwise}`
}

/** What a backup that starts now may believe of the target's content. A tree that is between two backups is believed nothing. */
export function startedFrom(header: MapHeader, { last, inProgress, tree }: TargetFacts): TargetBackup['startedFrom'] {
  if (last === null || last.tree.ino !== tree.ino || (inProgress !== null && isBetween(inProgress))) return 'unknown'
  return header.base?.timestamp === last.timestamp ? 'base' : 'backup'
}

/** Share of the base that a map removes or rewrites; null where the map does not say, because it is full. */
export function changePercent(header: MapHeader): number | null {
  if (header.kind === 'full') return null
  const { removed, data, created } = header.counts
  const before = header.tree.entryCount - created + removed
  return before <= 0 ? 0 : ((removed + data) * 100) / before
}
