import type { DataEntry, MapNode } from '../backupmap/backupmap-types.js'
import { PartWriter } from '../backupmap/part-writer.js'
import { LustrebackupError } from '../errors/errors.js'
import { FULL_MAP_HINT } from '../errors/full-map-hint.js'
import type { Log } from '../log/log-types.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { NEW_DIRECTORY_MODE } from '../namespace/parents-run.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { EntryStat, Tree } from '../tree/tree-port.js'
import { type PathBytes, percentEncode } from '../types/path-bytes.js'
import type { ComparedEntry, DirectoryPiece } from './compare-groups.js'
import { mirrorHardlinks } from './hardlinks-run.js'
import { mergeDirectories } from './merge-directories.js'
import { decideEntry, type MirrorBase } from './mirror-plan.js'

export interface MirrorContext {
  readonly data: Tree
  readonly base: MirrorBase
  readonly log: Log
  readonly signal: AbortSignal
  /** An empty folder: what is to be transferred, in the parts of a map. */
  readonly folder: string
}

export interface MirrorResult {
  readonly parts: EntryParts
  /** Entries that the map does not have, with everything below. */
  readonly removedCount: number
}

/**
 * Makes the names of the target those of a full map, and writes down whose content and whose attributes are to be transferred.
 * Safe to repeat from the beginning.
 */
export async function runMirror(map: OpenMap, context: MirrorContext): Promise<MirrorResult> {
  const writer = new PartWriter(context.folder, 'mirror')
  let removedCount = 0
  for await (const { present, absent, extra } of mergeDirectories(map, context.data, refuseMissing)) {
    context.signal.throwIfAborted()
    removedCount += await remove(extra, 'an entry that the source does not have was removed', context)
    removedCount += await decide(present, absent, context, writer)
  }
  const links = await mirrorHardlinks(map, context, writer)
  return { parts: { folder: context.folder, parts: writer.finish() }, removedCount: removedCount + links.removedCount }
}

/** Gives how many entries were removed. */
async function decide(
  present: readonly ComparedEntry[],
  absent: readonly ComparedEntry[],
  context: MirrorContext,
  writer: PartWriter,
): Promise<number> {
  const { data, base } = context
  const stats = await data.lstat(present.map(({ node }) => node.path))
  const clear: PathBytes[] = []
  const directories: PathBytes[] = []
  const decideOne = ({ node, same }: ComparedEntry, stat: EntryStat | null) => {
    const decision = decideEntry(node, same, stat, base)
    if (decision.clear) clear.push(node.path)
    if (decision.next === 'make-directory') directories.push(node.path)
    if (decision.next === 'transfer') writer.write('data', asData(node))
    if (decision.next === 'attributes' || decision.next === 'make-directory') writer.write('attr', node)
  }
  for (const [index, entry] of present.entries()) decideOne(entry, stats[index]!)
  for (const entry of absent) decideOne(entry, null)
  const removed = await remove(clear, 'an entry that differs from the source was removed', context)
  expectOutcomes('making a directory', data, directories, await data.mkdir(directories, NEW_DIRECTORY_MODE))
  return removed
}

async function remove(paths: readonly PathBytes[], message: string, { data, log, signal }: MirrorContext): Promise<number> {
  for (const path of paths) log.info(message, { path: percentEncode(path) })
  return await removeAll(data, paths, signal)
}

/** An object that comes from the source whole, at this one path. */
export function asData(node: MapNode): DataEntry {
  return { ...node, created: true, links: [] }
}

function refuseMissing({ path }: DirectoryPiece): never {
  throw new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: the folder of ${percentEncode(path)} is not in the map`, {
    hint: FULL_MAP_HINT,
  })
}
