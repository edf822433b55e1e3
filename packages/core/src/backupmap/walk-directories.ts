import { shardOf } from '../changelog/packed-table.js'
import { fidAt } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { pathOutOfArea } from './area.js'
import type { CompareEntry, MapNode } from './backupmap-types.js'
import { type Child, listDirectories, type WalkFailure } from './expand-directories.js'
import type { Sides } from './locate-batch.js'
import { LookupFailure } from './lookup-failure.js'
import type { PartWriter } from './part-writer.js'
import { type EntryFacts, readAttributes } from './read-attributes.js'
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

interface Entry {
  readonly child: Child
  readonly node: MapNode
  readonly ctimeNs: bigint
}

/** Writes a comparison of each directory: all of its entries, sorted by the bytes of their names. */
export async function walkDirectories(sides: Sides, directories: readonly WalkDirectory[], output: WalkOutput): Promise<Walked> {
  const paths = directories.map(({ path }) => Buffer.from(path) as PathBytes)
  const { children, unreachable, failures } = await listDirectories(sides.s1, paths)
  for (const { fid, folder } of unreachable) output.writer.write('unreachable', { fid: fidAt(fid, 0), folder })
  const facts = await readAttributes(
    sides.s1.tree,
    children.map(({ path }) => pathOutOfArea(sides.s1.area, path)),
  )
  const failed = [...failures]
  const entries = children.flatMap((child, row) => entryOf(child, facts[row]!, failed))
  const nodes = entries.map(({ node }) => node)
  const same = output.recheckSinceNs === null ? new Set<MapNode>() : await findSame(sides, nodes)
  const groups: CompareEntry[][] = directories.map(() => [])
  for (const entry of entries.toSorted((a, b) => a.child.name.compare(b.child.name))) {
    const isSame = same.has(entry.node)
    groups[entry.child.parent]!.push({ kind: 'entry', node: entry.node, same: isSame })
    writeBeside(entry, isSame, output)
  }
  directories.forEach(({ fid }, row) => {
    output.writer.writeDirectory({ kind: 'directory', fid: fidAt(fid, 0), path: paths[row]! }, groups[row]!)
  })
  return {
    directories: entries.flatMap(({ child, node }) => (node.type === 'd' ? [{ path: child.path, fid: child.fid.slice() }] : [])),
    entryCount: entries.length,
    sizeBytes: entries.reduce((total, { node }) => total + (hasSeveralLinks(node) ? 0n : node.size), 0n),
    failures: failed,
  }
}

/** Writes the attributes of `data_path` itself, which is no entry of any directory that is compared. */
export async function writeRoot({ s1 }: Sides, writer: PartWriter): Promise<void> {
  const [fid, [facts]] = await Promise.all([fidOfPath(s1.tree, s1.area.dataPath), readAttributes(s1.tree, [s1.area.dataPath])])
  if (fid === null) throw walkFailed([{ path: Buffer.alloc(0), reason: 'data_path is not in the snapshot' }])
  if (fid instanceof LookupFailure) throw walkFailed([{ path: Buffer.alloc(0), reason: String(fid) }])
  if (facts instanceof LookupFailure) throw walkFailed([{ path: Buffer.alloc(0), reason: String(facts) }])
  writer.write('attr', { fid, path: Buffer.alloc(0) as PathBytes, ...facts!.attributes })
}

function entryOf(child: Child, facts: EntryFacts | LookupFailure, failures: WalkFailure[]): Entry[] {
  if (facts instanceof LookupFailure) {
    failures.push({ path: child.path, reason: String(facts) })
    return []
  }
  return [{ child, node: { fid: fidAt(child.fid, 0), path: child.path, ...facts.attributes }, ctimeNs: facts.ctimeNs }]
}

/** What other parts hold of an entry: its name among those of a multiply linked object, and the recheck set. */
function writeBeside({ child, node, ctimeNs }: Entry, same: boolean, { writer, partitions, recheckSinceNs }: WalkOutput): void {
  if (hasSeveralLinks(node)) {
    const words = new Uint32Array(Uint8Array.from(child.fid).buffer)
    partitions[shardOf(words, 0, partitions.length)]!.write('hardlink', { ...node, links: [], same, complete: false })
  }
  if (recheckSinceNs === null) return
  if (node.type === 'f' && (node.mtimeNs >= recheckSinceNs || ctimeNs >= recheckSinceNs)) writer.write('recheck', { fid: node.fid })
}

function hasSeveralLinks(node: MapNode): boolean {
  return node.type !== 'd' && node.nlink > 1
}
