import { planAttributes, type SeenAttributes } from '../attributes/attribute-plan.js'
import { ACCESS_ACL, DEFAULT_ACL } from '../attributes/posix-acl.js'
import type { HardlinkEntry, MapNode } from '../backupmap/backupmap-types.js'
import type { Log } from '../log/log-types.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { readEntries } from '../transfer/transfer-source.js'
import type { Tree } from '../tree/tree-port.js'
import { type Fid, ZERO_FID } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { hasOtherContent, planDifference, planLinksDifference } from './difference-plan.js'
import type { Found } from './difference-types.js'
import { DifferenceWriter } from './difference-writer.js'
import { LostDirectories } from './lost-directories.js'
import { mergeDirectories } from './merge-directories.js'
import { asData } from './mirror-run.js'

export interface CompareContext {
  readonly data: Tree
  /** What could not be transferred is known to differ. */
  readonly owed: ReadonlySet<Fid>
  readonly log: Log
  readonly signal: AbortSignal
  /** Empty folders: for what is to be done, in the parts of a map, and for what is looked at twice. */
  readonly folder: string
  readonly suspectFolder: string
}

const BATCH_PATHS = 4096

/** Compares the slice of a map with the target, on which names and data of the map are already. Changes nothing. */
export async function findDifferences(map: OpenMap, context: CompareContext): Promise<Found> {
  const { data, owed, signal } = context
  const writer = new DifferenceWriter(context.suspectFolder, context.folder, context.log)
  const lost = new LostDirectories()
  let entryCount = 0
  const whenMissing = lost.whenMissing.bind(lost)
  for await (const { present, absent, extra } of mergeDirectories(map, data, whenMissing)) {
    signal.throwIfAborted()
    entryCount += present.length + absent.length
    await addExtra(extra, data, writer)
    const nodes = present.map(({ node }) => node)
    const seen = await look(data, nodes)
    for (const [index, node] of nodes.entries()) if (!owed.has(node.fid)) addEntry(node, seen[index]!, writer, lost)
    for (const { node } of absent) if (!owed.has(node.fid)) addEntry(node, null, writer, lost)
  }
  await compareLinks(map, context, writer)
  for (const { path } of lost.unseen) writer.count('missing', path)
  const parts = await writer.finish(map)
  return { parts, counts: { entryCount, differences: writer.counts }, owed: lost.owed() }
}

async function addExtra(paths: readonly PathBytes[], data: Tree, writer: DifferenceWriter): Promise<void> {
  const stats = await data.lstat(paths)
  for (const [index, path] of paths.entries()) {
    const stat = stats[index]
    if (!stat) continue
    writer.count('extra', path)
    writer.found.write('remove', { fid: ZERO_FID, path, type: stat.type, tree: true })
  }
}

function addEntry(node: MapNode, seen: SeenAttributes | null, writer: DifferenceWriter, lost: LostDirectories): void {
  // Decided about with all of its names.
  if (node.type !== 'd' && node.nlink > 1) return
  const difference = planDifference(node, seen)
  if (difference === null) return
  const { kind, clear, next } = difference
  if (kind === 'other-content') writer.suspectContent(node)
  if (kind === 'other-attributes') writer.suspectAttributes(node)
  if (kind === 'other-content' || kind === 'other-attributes') return
  writer.count(kind, node.path)
  if (clear) writer.found.write('remove', { fid: ZERO_FID, path: node.path, type: seen!.stat.type, tree: true })
  if (next === 'transfer') writer.found.write('data', asData(node))
  if (next !== 'make-directory') return
  writer.found.write('mkdir', { ...node, created: true })
  writer.found.write('attr', node)
  lost.add(node)
}

async function look(data: Tree, nodes: readonly MapNode[]): Promise<(SeenAttributes | null)[]> {
  const paths = nodes.map(({ path }) => path)
  const [stats, xattrs] = await Promise.all([data.lstat(paths), data.getXattrs(paths, [ACCESS_ACL, DEFAULT_ACL])])
  return stats.map((stat, index) => stat && { stat, acl: xattrs[index]![0]!, defaultAcl: xattrs[index]![1]! })
}

async function compareLinks(map: OpenMap, context: CompareContext, writer: DifferenceWriter): Promise<void> {
  let batch: HardlinkEntry[] = []
  let pathCount = 0
  const flush = async () => {
    await compareLinksBatch(batch, context, writer)
    batch = []
    pathCount = 0
  }
  for await (const entries of readEntries([{ folder: map.folder, parts: map.header.parts }], 'hardlink')) {
    for (const entry of entries) {
      context.signal.throwIfAborted()
      if (context.owed.has(entry.fid)) continue
      batch.push(entry)
      pathCount += 1 + entry.links.length
      if (pathCount >= BATCH_PATHS) await flush()
    }
  }
  await flush()
}

async function compareLinksBatch(entries: readonly HardlinkEntry[], { data }: CompareContext, writer: DifferenceWriter): Promise<void> {
  const stats = await data.lstat(entries.flatMap((entry) => [entry.path, ...entry.links]))
  const anchored: MapNode[] = []
  let at = 0
  for (const entry of entries) {
    const end = at + 1 + entry.links.length
    const own = stats.slice(at, end)
    at = end
    const { clear, link, anchor, differences } = planLinksDifference(entry, own)
    const { same: _, complete: __, links, ...node } = entry
    for (const { kind, path } of differences) writer.count(kind, path)
    for (const path of clear) writer.found.write('remove', { fid: ZERO_FID, path, type: entry.type, tree: true })
    if (anchor !== null) for (const path of link) writer.found.write('link', { fid: entry.fid, path, type: entry.type, to: anchor.path })
    if (anchor === null) writer.found.write('data', { ...node, created: true, links })
    else if (hasOtherContent(node, anchor.stat)) writer.suspectContent({ ...node, path: anchor.path })
    else anchored.push({ ...node, path: anchor.path })
  }
  const seen = await look(data, anchored)
  for (const [index, node] of anchored.entries()) if (planAttributes(node, seen[index]!).kind !== 'right') writer.suspectAttributes(node)
}
