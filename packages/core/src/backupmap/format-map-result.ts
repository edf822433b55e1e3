import { formatBytes, formatCount, formatDuration, formatTimestamp } from '../cli/format-units.js'
import type { MapHeader } from './backupmap-types.js'
import type { MapResult, StepSeconds } from './map-request-types.js'

/** What source_map says to a person. */
export function formatMapResult(result: MapResult): string {
  switch (result.kind) {
    case 'nothing-newer':
      return `Nothing to do: no snapshot is newer than the last backup (${result.lastBackup}, ${formatTimestamp(result.lastBackup)}).`
    case 'exists':
      return `The map exists already: ${result.folder}\n${formatHeaderLines(result.header).join('\n')}`
    case 'made': {
      const why = result.reasons.length === 0 ? [] : [`A full map, because ${result.reasons.join('; ')}.`]
      const where = result.folder === null ? 'Dry run: no map was kept.' : `Map: ${result.folder}`
      return [...why, ...formatHeaderLines(result.header), ...formatSteps(result.steps), where].join('\n')
    }
  }
}

function formatHeaderLines(header: MapHeader): string[] {
  const { counts, base, snapshot, tree } = header
  const from = base === null ? 'nothing' : base.snapshotName
  const records = header.mdts.reduce((sum, { recordCount }) => sum + recordCount, 0n)
  return [
    `${header.kind === 'full' ? 'Full' : 'Incremental'} map from ${from} to ${snapshot.snapshotName}`,
    ...header.mdts.map(({ mdt, startRecno, endRecno, recordCount }) => {
      return `  ${mdt}: ${formatCount(recordCount, 'record')}${recordCount === 0n ? '' : ` (${startRecno} to ${endRecno})`}`
    }),
    `  ${formatCount(records, 'record')}, ${formatCount(counts.touched)} touched`,
    ...fatesOf(header),
    ...compared(header),
    `  tree: ${formatCount(tree.entryCount)} entries, ${formatBytes(tree.sizeBytes)}`,
  ]
}

function fatesOf({ kind, counts }: MapHeader): string[] {
  if (kind === 'full') return []
  return [
    `  created ${formatCount(counts.created)}, removed ${formatCount(counts.removed)}, kept ${formatCount(counts.kept)}, temporary ${formatCount(counts.temporary)}, excluded ${formatCount(counts.excluded)}`,
    `  of those kept: moved ${formatCount(counts.moved)}, other data ${formatCount(counts.data)}, other attributes ${formatCount(counts.attributes)}, unchanged ${formatCount(counts.unchanged)}`,
    `  data to transfer: ${formatBytes(counts.dataBytes)}`,
  ]
}

function compared({ kind, comparison }: MapHeader): string[] {
  const { directoryCount, entryCount, cycleStart } = comparison
  if (kind === 'full' || directoryCount === 0) return []
  return [
    `  to compare: ${formatCount(entryCount)} entries of ${formatCount(directoryCount)} folders, in the round that began ${formatTimestamp(cycleStart)}`,
  ]
}

function formatSteps(steps: readonly StepSeconds[]): string[] {
  return steps.map(({ step, seconds }) => `  ${formatDuration(seconds).padStart(10)}  ${step}`)
}
