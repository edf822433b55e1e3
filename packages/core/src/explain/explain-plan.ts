import type { PartKind } from '../backupmap/backupmap-types.js'
import { RecordType } from '../changelog/record-layout.js'
import { formatCount } from '../cli/format-units.js'
import type { ExplainedRecord, ExplainedSide, ExplainFacts } from './explain-types.js'

const PART_WORDS: Readonly<Record<PartKind, string>> = {
  remove: 'it is removed from the target',
  move: 'it is staged, because it moves',
  mkdir: 'the folder is made',
  place: 'it comes to its new place',
  link: 'it gets a further name',
  data: 'its content is transferred',
  attr: 'its attributes are set',
  compare: 'it is compared with the target, as part of the rolling comparison',
  hardlink: 'its names are compared with the target, as part of the rolling comparison',
  unreachable: 'a path of it is longer than any call takes: it is not backed up, and owed',
  recheck: 'the next map looks at it again, because it was written lately',
  opener: 'the next map looks at it again, because somebody has it open for writing',
}

const READS: ReadonlySet<string> = new Set(['CLOSE', 'OPEN', 'ATIME', 'GXATR', 'NOPEN', 'MARK'])

/** Says why an inode is in a map, or is not. The rules are those of the map; with a map, what it holds is said first. */
export function planDecision(facts: ExplainFacts): string[] {
  return [...inMap(facts), ...whyTouched(facts), ...whatFollows(facts)]
}

function inMap({ map }: ExplainFacts): string[] {
  if (map === null) return ['The snapshot has no map yet; what follows is what the records and the snapshots say.']
  if (map.lines.length === 0) return [`It is not in the ${map.kind} map.`]
  const kinds = [...new Set(map.lines.map(({ kind }) => kind))]
  return [`It is in the ${map.kind} map:`, ...kinds.map((kind) => `  ${kind}: ${PART_WORDS[kind]}`)]
}

function whyTouched({ map, records, recordCount, sets }: ExplainFacts): string[] {
  if (map?.kind === 'full') return ['A full map is made by walking the snapshot: records decide nothing.']
  const about = records.filter(({ role }) => role === 'target' || role === 'source')
  const reasons = [
    ...(recordCount > 0 ? [`${formatCount(recordCount, 'record')} of the interval ${recordCount === 1 ? 'names' : 'name'} it`] : []),
    ...sets.map((set) => SET_WORDS[set]),
  ]
  if (reasons.length === 0)
    return [
      'Nothing touched it: no record of the interval names it, and nothing was carried over. Its place may have changed all the same, with a folder above it.',
    ]
  const lines = [`It was touched: ${reasons.join('; ')}.`]
  if (sets.length === 0 && about.length === records.length && about.length > 0 && about.every(isRead)) {
    lines.push('All of these records may be of reading only: such records touch nothing.')
  }
  return lines
}

const SET_WORDS = {
  recheck: 'it was written shortly before the last backup',
  opener: 'somebody had it open for writing at the last backup',
  owed: 'the target is owed it',
} as const

function isRead({ type }: ExplainedRecord): boolean {
  return READS.has(type)
}

function whatFollows({ s0, s1, inAreaS0, inAreaS1 }: ExplainFacts): string[] {
  const isThere = s1.paths.length > 0
  if (s0 === null) return [isThere ? 'There is no base to compare with.' : 'It is not in the snapshot.']
  const wasThere = s0.paths.length > 0
  if (!wasThere && !isThere) return ['It is in neither snapshot: made and removed between them, or never linked. There is nothing to do.']
  if (!inAreaS0 && !inAreaS1) return ['None of its paths is backed up: they lie outside of data_path, or beneath meta_basepath.']
  if (!inAreaS0)
    return [
      wasThere ? 'It came into what is backed up: it is created on the target.' : 'Only the snapshot has it: it is created on the target.',
    ]
  if (!inAreaS1)
    return [isThere ? 'It left what is backed up: it is removed from the target.' : 'Only the base has it: it is removed from the target.']
  const differences = differencesOf(s0, s1)
  if (differences.length === 0) return ['Both snapshots have it, with the same paths, data and attributes: there is nothing to do.']
  return [`Both snapshots have it, with other ${differences.join(', ')}.`]
}

function differencesOf(a: ExplainedSide, b: ExplainedSide): string[] {
  const paths = (side: ExplainedSide) =>
    side.paths
      .map((path) => path.toString('latin1'))
      .toSorted()
      .join('\0')
  const differences = paths(a) === paths(b) ? [] : ['paths']
  if (a.stat === null || b.stat === null) return differences
  if (a.stat.type !== b.stat.type) differences.push('type')
  if (a.stat.size !== b.stat.size || a.dataVersion !== b.dataVersion) differences.push('data')
  if (a.stat.mode !== b.stat.mode) differences.push('mode')
  if (a.stat.uid !== b.stat.uid || a.stat.gid !== b.stat.gid) differences.push('owner')
  if (a.stat.mtimeNs !== b.stat.mtimeNs) differences.push('time of change')
  return differences
}

/** Name of a type of record. */
export function recordTypeName(type: number): string {
  return Object.entries(RecordType).find(([, number]) => number === type)?.[0] ?? `type ${type}`
}
