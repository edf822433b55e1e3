import type { ChangelogDoubts } from '../canary/changelog-proof-port.js'
import type { LogFacts } from '../changelog/inspect-log.js'
import type { SourceBackup } from '../source/source-backup.js'
import type { MapHeader } from './backupmap-types.js'

/** What there is to make an incremental map from. */
export interface BaseFacts {
  /** S0; null before the first backup. */
  readonly base: SourceBackup | null
  /** Its snapshot still exists. */
  readonly hasSnapshot: boolean
  /** Header of its map, with the sets that the next interval needs; null when it is gone. */
  readonly map: MapHeader | null
  readonly fsname: string
  /** `MDT0000`, … of this file system. */
  readonly mdts: readonly string[]
  readonly roots: SourceBackup['roots']
  /** `data_path` relative to the file system, percent-encoded. */
  readonly dataPath: string
  /** One for each MDT of the base; empty without a base. */
  readonly logs: readonly LogFacts[]
  readonly doubts: ChangelogDoubts
}

export type MapKindPlan =
  | { readonly kind: 'incremental' }
  /** `reasons`: why, in words. */
  | { readonly kind: 'full'; readonly reasons: readonly string[] }
  | { readonly kind: 'impossible'; readonly reasons: readonly string[] }

/** Decides which kind of map can be made. Incremental only if nothing can be missing; all reasons against it are given at once. */
export function planMapKind(facts: BaseFacts, request: { readonly full: boolean; readonly onGap: 'fail' | 'full' }): MapKindPlan {
  if (facts.base === null) return { kind: 'full', reasons: ['there is no finished backup yet'] }
  if (request.full) return { kind: 'full', reasons: ['it was asked for'] }
  const reasons = reasonsAgainst(facts, facts.base)
  if (reasons.length === 0) return { kind: 'incremental' }
  return { kind: request.onGap === 'full' ? 'full' : 'impossible', reasons }
}

function reasonsAgainst(facts: BaseFacts, base: SourceBackup): string[] {
  const reasons: string[] = []
  if (!facts.hasSnapshot) reasons.push(`the snapshot ${base.snapshotName} of the last backup no longer exists`)
  if (facts.map === null) reasons.push(`the map of the last backup (${base.timestamp}) no longer exists or is damaged`)
  if (facts.fsname !== base.fsname) reasons.push(`the file system is ${facts.fsname}, that of the last backup was ${base.fsname}`)
  const before = base.cursors.map(({ mdt }) => mdt).toSorted()
  const now = facts.mdts.toSorted()
  if (before.join() !== now.join()) reasons.push(`the MDTs are ${now.join(', ')}, those of the last backup were ${before.join(', ')}`)
  if (facts.dataPath !== base.dataPath) reasons.push(`data_path is /${facts.dataPath}, that of the last backup was /${base.dataPath}`)
  if (facts.roots.dataPath !== base.roots.dataPath) {
    reasons.push(`data_path is another directory (${facts.roots.dataPath}) than at the last backup (${base.roots.dataPath})`)
  }
  if (base.roots.metaBasepath !== null && facts.roots.metaBasepath !== base.roots.metaBasepath) {
    reasons.push('meta_basepath is another directory than at the last backup')
  }
  for (const log of facts.logs) {
    const reason = gapIn(log)
    if (reason !== null) reasons.push(reason)
  }
  const unproven = facts.map?.unproven ?? []
  if (unproven.length > 0) reasons.push(`the changelogs may have lacked changes since the last backup: ${unproven.join('; ')}`)
  reasons.push(...facts.doubts.atSnapshot)
  // What lies in a gap cannot be found; that it is missing has been said.
  if (reasons.length === 0) reasons.push(...facts.doubts.sinceBase)
  return reasons
}

/** null when no record after the cursor can be missing. */
function gapIn({ mdt, cursor, firstAfter, first, hasCursor }: LogFacts): string | null {
  if (firstAfter !== null) {
    if (firstAfter === cursor + 1n) return null
    return `the changelog of ${mdt} continues with record ${firstAfter}, but the last backup ended with ${cursor}: records are lost`
  }
  // Nothing new. What is left must end with the cursor; a log that is empty was cleared up to it.
  if (first === null || hasCursor) return null
  return `the changelog of ${mdt} begins with record ${first} and ends before record ${cursor}, which the last backup holds`
}
