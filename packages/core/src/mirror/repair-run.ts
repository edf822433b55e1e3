import type { MapPart, PartKind } from '../backupmap/backupmap-types.js'
import { readPart } from '../backupmap/map-reader.js'
import type { NamespaceContext } from '../namespace/namespace-types.js'
import { makeParents, NEW_DIRECTORY_MODE } from '../namespace/parents-run.js'
import type { EntryParts } from '../transfer/transfer-source.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { dirnameOf, type PathBytes } from '../types/path-bytes.js'

type RepairContext = Pick<NamespaceContext, 'data' | 'drift' | 'signal'>

/**
 * Makes the names of the target those that a comparison asks for: removes, makes directories, links. Safe to repeat from the beginning, before data came.
 * Gives the directories whose times it changed, or which the data that are to come will change.
 */
export async function repairNames(found: EntryParts, context: RepairContext): Promise<PathBytes[]> {
  const { data, signal } = context
  const disturbed = new Map<string, PathBytes>()
  const disturb = (path: PathBytes) => void disturbed.set(dirnameOf(path).toString('latin1'), dirnameOf(path))
  for await (const entries of entriesOf(found, 'remove')) {
    const paths = entries.map(({ path }) => path)
    paths.forEach(disturb)
    await removeAll(data, paths, signal)
  }
  for await (const entries of entriesOf(found, 'mkdir')) {
    const paths = entries.map(({ path }) => path)
    paths.forEach(disturb)
    expectOutcomes('making a directory', data, paths, await data.mkdir(paths, NEW_DIRECTORY_MODE), ['EEXIST'])
  }
  for await (const entries of entriesOf(found, 'link')) {
    const paths = entries.map(({ path }) => path)
    const anchors = entries.map(({ to }) => to)
    paths.forEach(disturb)
    await makeLostParents(paths, context)
    expectOutcomes('linking', data, paths, await data.link(anchors, paths), ['EEXIST'])
  }
  for await (const entries of entriesOf(found, 'data')) {
    for (const { created, path, links } of entries) if (created) [path, ...links].forEach(disturb)
  }
  return [...disturbed.values()]
}

/** Other names of an object may lie where this comparison did not look. */
async function makeLostParents(paths: readonly PathBytes[], context: RepairContext): Promise<void> {
  const stats = await context.data.lstat(paths.map(dirnameOf))
  await makeParents(
    paths.filter((_, index) => stats[index]?.type !== 'd'),
    context,
  )
}

/** Shallowest first where depth matters. */
async function* entriesOf<K extends PartKind>({ folder, parts }: EntryParts, kind: K) {
  const sorted = parts.filter((part) => part.kind === kind).toSorted((a, b) => (a.depth ?? 0) - (b.depth ?? 0))
  for (const part of sorted) yield* readPart(folder, part as MapPart & { kind: K })
}
