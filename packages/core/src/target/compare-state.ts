import type { MapPart } from '../backupmap/backupmap-types.js'
import { type ComparisonCounts, DIFFERENCE_KINDS, type DifferenceKind, type Found } from '../mirror/difference-types.js'
import { saveState } from '../state/state-file.js'
import { asArray, asCount, asFormat, asObject } from '../state/state-shape.js'
import { formatOwed, parseOwed } from './owed-state.js'
import { loadNeeded } from './transfer-state.js'

const FORMAT = 'lustrebackup-compared'
const VERSION = 1

export function saveFound(file: string, { parts, counts, owed }: Found): void {
  saveState(file, { format: FORMAT, version: VERSION, parts, counts, owed: owed.map(formatOwed) })
}

export function loadFound(file: string): Found {
  return loadNeeded(file, (value) => {
    const fields = asFormat(value, FORMAT, VERSION)
    // Written by this software beside its own state: only what could not be read at all is worth a check.
    const parts = asArray(fields.parts, 'parts') as readonly MapPart[]
    return { parts, counts: parseComparison(fields.counts), owed: asArray(fields.owed, 'owed').map(parseOwed) }
  })
}

export function parseComparison(value: unknown): ComparisonCounts {
  const fields = asObject(value, 'comparison')
  const differences = asObject(fields.differences, 'comparison.differences')
  const counts = DIFFERENCE_KINDS.map((kind) => [kind, asCount(differences[kind], `comparison.differences.${kind}`)])
  return {
    entryCount: asCount(fields.entryCount, 'comparison.entryCount'),
    differences: Object.fromEntries(counts) as Record<DifferenceKind, number>,
  }
}
