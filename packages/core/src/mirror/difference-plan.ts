import { planAttributes, type SeenAttributes } from '../attributes/attribute-plan.js'
import type { HardlinkEntry, MapNode } from '../backupmap/backupmap-types.js'
import type { EntryStat } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { DifferenceKind } from './difference-types.js'
import { decideNames, hasSameDevice, type NamesDecision } from './mirror-plan.js'

/** What is wrong with one entry, and what puts it right. */
export interface EntryDifference {
  readonly kind: DifferenceKind
  /** What is at its place goes first. */
  readonly clear: boolean
  readonly next: 'make-directory' | 'transfer' | 'attributes'
}

/**
 * Compares an entry with what the target has at its place; null = nothing is wrong. Not for objects with several links.
 * The content of a file counts as equal when size and time are: the comparison does not read it.
 */
export function planDifference(node: MapNode, seen: SeenAttributes | null): EntryDifference | null {
  const make = node.type === 'd' ? 'make-directory' : 'transfer'
  if (seen === null) return { kind: 'missing', clear: false, next: make }
  const { stat } = seen
  if (stat.type !== node.type || !hasSameDevice(node, stat)) return { kind: 'other-type', clear: true, next: make }
  if (node.type !== 'd' && stat.nlink > 1) return { kind: 'other-links', clear: true, next: 'transfer' }
  if (hasOtherContent(node, stat)) return { kind: 'other-content', clear: false, next: 'transfer' }
  return planAttributes(node, seen).kind === 'right' ? null : { kind: 'other-attributes', clear: false, next: 'attributes' }
}

/** Of an object with several links: its names, and each name that is not right. */
export interface LinksDifference extends NamesDecision {
  readonly differences: readonly NameDifference[]
}

interface NameDifference {
  readonly path: PathBytes
  readonly kind: DifferenceKind
}

/** `stats` are those of `path` and `links` of the entry, in this order. */
export function planLinksDifference(entry: HardlinkEntry, stats: readonly (EntryStat | null)[]): LinksDifference {
  const names = decideNames(entry, stats)
  const wrong = new Set(names.clear)
  const differences = [entry.path, ...entry.links].flatMap((path, index): NameDifference[] => {
    const stat = stats[index] ?? null
    if (stat === null) return [{ path, kind: 'missing' }]
    if (stat.type !== entry.type) return [{ path, kind: 'other-type' }]
    return wrong.has(path) ? [{ path, kind: 'other-links' }] : []
  })
  return { ...names, differences }
}

export function hasOtherContent(node: MapNode, stat: EntryStat): boolean {
  return node.type === 'f' && (stat.size !== node.size || stat.mtimeNs !== node.mtimeNs)
}
