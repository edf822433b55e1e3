import { type PathList, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { shardOf } from '../changelog/packed-table.js'
import { mapNode } from '../namespace/object-plan.js'
import { FID_BYTES, fidAt } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { pathInArea } from './area.js'
import type { CompareEntry, MapNode } from './backupmap-types.js'
import { type EntryColumns, listEntries, type WalkFailure } from './expand-directories.js'
import { wordsOf } from './identities.js'
import type { Sides } from './locate-batch.js'
import { LookupFailure } from './lookup-failure.js'
import type { PartWriter } from './part-writer.js'
import { type AttributeColumns, attributesAt, readAttributeColumns, readAttributes } from './read-attributes.js'
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
  const listed = await listEntries(s1, paths)
  for (const { fid, folder } of listed.unreachable) output.writer.write('unreachable', { fid: fidAt(fid, 0), folder })
  const facts = await readAttributeColumns(s1.tree, listed.paths)
  const sum: WalkTotals = { directories: [], entryCount: 0, sizeBytes: 0n, failures: [...listed.failures] }
  for (const [row, failure] of facts.failures) {
    if (listed.fids.errno[row] === 0) sum.failures.push({ path: pathOf(sides, listed, row), reason: String(failure) })
  }
  const nodeAt = (row: number) => nodeOf(listed, facts, row, sides)
  const same = await sameRows(sides, listed, facts, output)
  for (const [index, { fid }] of directories.entries()) {
    const rows = rowsByName(listed, facts, index)
    const entries = rows.map((row): CompareEntry => {
      const [node, isSame] = [nodeAt(row), same.has(row)]
      writeBeside(node, facts.stats.ctimeNs[row]!, isSame, output)
      addTo(sum, node, listed.fids.fids, row)
      return { kind: 'entry', node, same: isSame }
    })
    output.writer.writeDirectory({ kind: 'directory', fid: fidAt(fid, 0), path: paths[index]! }, entries)
  }
  return sum
}

type WalkTotals = { -readonly [K in keyof Walked]: Walked[K] } & { directories: WalkDirectory[]; failures: WalkFailure[] }

function addTo(sum: WalkTotals, node: MapNode, fids: Uint8Array, row: number): void {
  sum.entryCount += 1
  if (!hasSeveralLinks(node) && node.size !== 0n) sum.sizeBytes += node.size
  if (node.type === 'd') sum.directories.push({ path: Uint8Array.from(node.path), fid: fids.slice(row * FID_BYTES, (row + 1) * FID_BYTES) })
}

/** Rows of a directory of which everything is known, by the bytes of their names. */
function rowsByName({ starts, paths, fids }: EntryColumns, { failures }: AttributeColumns, directory: number): number[] {
  const rows: number[] = []
  for (let row = starts[directory]!; row < starts[directory + 1]!; row += 1) {
    if (fids.errno[row] === 0 && !failures.has(row)) rows.push(row)
  }
  return rows.sort((a, b) => comparePaths(paths, a, b))
}

/** Of paths in one directory this is the order of their names. */
function comparePaths({ bytes, ends }: PathList, a: number, b: number): number {
  let [atA, atB] = [a === 0 ? 0 : ends[a - 1]!, b === 0 ? 0 : ends[b - 1]!]
  while (atA < ends[a]! && atB < ends[b]! && bytes[atA] === bytes[atB]) {
    atA += 1
    atB += 1
  }
  if (atA === ends[a] || atB === ends[b]) return ends[a]! - atA - (ends[b]! - atB)
  return bytes[atA]! - bytes[atB]!
}

function pathOf({ s1 }: Sides, { paths }: EntryColumns, row: number): PathBytes {
  return pathInArea(s1.area, unpackPath(paths, row))!
}

function nodeOf(listed: EntryColumns, facts: AttributeColumns, row: number, sides: Sides): MapNode {
  return mapNode(fidAt(listed.fids.fids, row), pathOf(sides, listed, row), attributesAt(facts, row))
}

/** Rows whose data S0 has at the same path; only a full map asks. */
async function sameRows(sides: Sides, listed: EntryColumns, facts: AttributeColumns, output: WalkOutput): Promise<ReadonlySet<number>> {
  if (output.recheckSinceNs === null || sides.s0 === null) return new Set()
  const rows = new Map<MapNode, number>()
  for (let row = 0; row < listed.types.length; row += 1) {
    if (listed.fids.errno[row] === 0 && !facts.failures.has(row)) rows.set(nodeOf(listed, facts, row, sides), row)
  }
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

/** What other parts hold of an entry: its name among those of a multiply linked object, and the recheck set. */
function writeBeside(node: MapNode, ctimeNs: bigint, same: boolean, { writer, partitions, recheckSinceNs }: WalkOutput): void {
  if (hasSeveralLinks(node)) {
    partitions[shardOf(wordsOf(node.fid), 0, partitions.length)]!.write('hardlink', { ...node, links: [], same, complete: false })
  }
  if (recheckSinceNs === null) return
  if (node.type === 'f' && (node.mtimeNs >= recheckSinceNs || ctimeNs >= recheckSinceNs)) writer.write('recheck', { fid: node.fid })
}

function hasSeveralLinks(node: MapNode): boolean {
  return node.type !== 'd' && node.nlink > 1
}
