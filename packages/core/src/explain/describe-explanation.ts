import { formatBytes, formatCount, formatTimestamp } from '../cli/format-units.js'
import { jsonFromPath } from '../types/path-bytes.js'
import { plainPath } from '../types/plain-path.js'
import type { ExplainedSide, Explanation } from './explain-types.js'

const RECORDS_SHOWN = 50

export function describeExplanation(explanation: Explanation): string[] {
  const { fid, s0, s1, records, recordCount, map, decision } = explanation
  const shown = records.slice(0, RECORDS_SHOWN).map(({ mdt, recno, atSeconds, type, flags, role, name }) => {
    const as = role === 'target' ? '' : `, it is its ${role}`
    return `  ${mdt} ${recno}  ${formatTimestamp(atSeconds)}  ${type.padEnd(6)} flags 0x${flags.toString(16)}  ${plainPath(name)}${as}`
  })
  return [
    `${fid}`,
    ...describeSide('S0', s0),
    ...describeSide('S1', s1),
    `records of the interval: ${formatCount(recordCount)}`,
    ...shown,
    ...(recordCount > RECORDS_SHOWN ? [`  and ${formatCount(recordCount - RECORDS_SHOWN)} more`] : []),
    ...(map === null ? [] : ['lines of the map:', ...map.lines.map(({ kind, line }) => `  ${kind}: ${line}`)]),
    'decision:',
    ...decision.map((line) => `  ${line}`),
  ]
}

export function explanationDocument(explanation: Explanation): object {
  const side = (one: ExplainedSide | null) => one && { ...one, paths: one.paths.map(jsonFromPath) }
  return {
    ...explanation,
    s0: side(explanation.s0),
    s1: side(explanation.s1),
    records: explanation.records.map((record) => ({ ...record, name: jsonFromPath(record.name) })),
  }
}

function describeSide(label: string, side: ExplainedSide | null): string[] {
  if (side === null) return [`${label}: there is none`]
  const { snapshotName, paths, stat, dataVersion } = side
  if (paths.length === 0) return [`${label}, ${snapshotName}: it is not there`]
  const version = dataVersion === null ? '' : `, data version ${dataVersion}`
  const attributes =
    stat === null
      ? 'it cannot be looked at'
      : `${stat.type} ${stat.mode.toString(8).padStart(4, '0')} ${stat.uid}:${stat.gid}, ${formatBytes(stat.size)}, changed ${formatTimestamp(Number(stat.mtimeNs / 1_000_000_000n))}, ${formatCount(stat.nlink, 'link')}${version}`
  return [`${label}, ${snapshotName}: ${attributes}`, ...paths.map((path) => `  /${plainPath(path)}`)]
}
