import { shardOf } from '../changelog/packed-table.js'
import { typeOfMode } from '../tree/entry-type.js'
import { FID_BYTES, fidAt } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { Area } from './area.js'
import type { MapNode } from './backupmap-types.js'
import { CompareLines } from './compare-lines.js'
import { type EntryRows, knownRows, nodeAt, pathAt } from './entry-rows.js'
import { listNames, type WalkFailure } from './expand-directories.js'
import { wordsOf } from './identities.js'
import type { Sides } from './locate-batch.js'
import { LookupFailure } from './lookup-failure.js'
import type { PartWriter } from './part-writer.js'
import { attributeColumnsOf, readAttributes } from './read-attributes.js'
import { findSame } from './same-data.js'
import { fidOfPath } from './snapshot-side.js'
import { walkFailed } from './walk-failed.js'

/** A directory to walk: its path relative to `data_path`, and its FID (16 bytes). */
export interface WalkDirectory {
  readonly path: Uint8Array
  readonly fid: Uint8Array
}

/** What walking some directories has come to; their lines are on disk. */
export interface Walked {
  readonly directories: readonly WalkDirectory[]
  readonly entryCount: number
  /** Without the files that have several links: those are counted when their names are brought together. */
  readonly sizeBytes: bigint
  readonly failures: readonly WalkFailure[]
}

export interface WalkOutput {
  readonly writer: PartWriter
  /** Writers for the names of objects with several links, by FID. */
  readonly partitions: readonly PartWriter[]
  /** Of a full map, which also compares with the base and fills the recheck set: files changed after this. null for a slice. */
  readonly recheckSinceNs: bigint | null
}

/** Writes a comparison of each directory: all of its entries, sorted by the bytes of their names. */
export async function walkDirectories(sides: Sides, directories: readonly WalkDirectory[], output: WalkOutput): Promise<Walked> {
  const { s1 } = sides
  const paths = directories.map(({ path }) => Buffer.from(path) as PathBytes)
  const listed = await listNames(s1, paths)
  for (const { fid, folder } of listed.unreachable) output.writer.write('unreachable', { fid: fidAt(fid, 0), folder })
  const inspected = await s1.tree.inspect(listed.paths, listed.types)
  const attributes = await attributeColumnsOf(s1.tree, listed.paths, inspected)
  const entries: EntryRows = { paths: listed.paths, skip: skipOf(s1.area), fids: inspected.fids.fids, attributes }
  const sum: WalkTotals = { directories: [], entryCount: 0, sizeBytes: 0n, failures: listed.failures }
  for (const [row, failure] of attributes.failures) sum.failures.push({ path: pathAt(entries, row), reason: String(failure) })
  const same = await sameRows(sides, entries, output)
  const lines = new CompareLines()
  directories.forEach(({ fid }, index) => {
    const path = paths[index]!
    const rows = knownRows(entries, listed.starts[index]!, listed.starts[index + 1]!)
    for (const row of rows) addTo(sum, entries, row, same.has(row), output)
    lines.addDirectory({ kind: 'directory', fid: fidAt(fid, 0), path }, entries, rows, same)
    output.writer.writeDirectoryLines(path, lines.take())
  })
  return sum
}

type WalkTotals = { -readonly [K in keyof Walked]: Walked[K] } & { directories: WalkDirectory[]; failures: WalkFailure[] }

/** Bytes in front of the paths of an area that are not relative to it. */
function skipOf({ dataPath }: Area): number {
  return dataPath.length === 0 ? 0 : dataPath.length + 1
}

/** Adds up an entry, and writes what other parts hold of it: its name among those of a multiply linked object, and the recheck set. */
function addTo(sum: WalkTotals, entries: EntryRows, row: number, same: boolean, { writer, partitions, recheckSinceNs }: WalkOutput): void {
  const { stats } = entries.attributes
  const type = typeOfMode(stats.mode[row]!)
  sum.entryCount += 1
  if (type === 'd') {
    const fid = entries.fids.slice(row * FID_BYTES, (row + 1) * FID_BYTES)
    sum.directories.push({ path: new Uint8Array(pathAt(entries, row)), fid })
    return
  }
  if (stats.nlink[row]! > 1) {
    const node = nodeAt(entries, row)
    partitions[shardOf(wordsOf(node.fid), 0, partitions.length)]!.write('hardlink', { ...node, links: [], same, complete: false })
  } else if (type === 'f' && stats.size[row] !== 0n) sum.sizeBytes += stats.size[row]!
  const isRecent = recheckSinceNs !== null && (stats.mtimeNs[row]! >= recheckSinceNs || stats.ctimeNs[row]! >= recheckSinceNs)
  if (isRecent && type === 'f') writer.write('recheck', { fid: fidAt(entries.fids, row) })
}

/** Rows whose data S0 has at the same path; only a full map asks. */
async function sameRows(sides: Sides, entries: EntryRows, output: WalkOutput): Promise<ReadonlySet<number>> {
  const { failures, stats } = entries.attributes
  if (output.recheckSinceNs === null || sides.s0 === null) return new Set()
  const rows = new Map<MapNode, number>()
  for (let row = 0; row < stats.errno.length; row += 1) if (!failures.has(row)) rows.set(nodeAt(entries, row), row)
  const same = await findSame(sides, [...rows.keys()])
  return new Set([...same].map((node) => rows.get(node)!))
}

/** Writes the attributes of `data_path` itself, which is no entry of any directory that is compared. */
export async function writeRoot({ s1 }: Sides, writer: PartWriter): Promise<void> {
  const [fid, [facts]] = await Promise.all([fidOfPath(s1.tree, s1.area.dataPath), readAttributes(s1.tree, [s1.area.dataPath])])
  if (fid === null) throw walkFailed([{ path: Buffer.alloc(0), reason: 'data_path is not in the snapshot' }])
  if (fid instanceof LookupFailure) throw walkFailed([{ path: Buffer.alloc(0), reason: String(fid) }])
  if (facts instanceof LookupFailure) throw walkFailed([{ path: Buffer.alloc(0), reason: String(facts) }])
  writer.write('attr', { fid, path: Buffer.alloc(0) as PathBytes, ...facts!.attributes })
}
