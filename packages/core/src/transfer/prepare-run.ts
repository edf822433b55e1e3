import type { DataEntry, MapNode } from '../backupmap/backupmap-types.js'
import type { DriftLog } from '../namespace/drift-log.js'
import { makeParents, NEW_DIRECTORY_MODE } from '../namespace/parents-run.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { EntryStat, Tree } from '../tree/tree-port.js'
import type { Fid } from '../types/fid.js'
import { dirnameOf, type PathBytes } from '../types/path-bytes.js'
import { ContentWriter } from './content-writer.js'
import { isLargeFile } from './large-files-plan.js'
import { ListWriter } from './list-writer.js'
import { attributesTarget, otherTime, prepareData } from './prepare-plan.js'
import { type EntryParts, readEntries } from './transfer-source.js'
import type { TransferList } from './transfer-types.js'

export interface PrepareContext {
  readonly data: Tree
  readonly drift: DriftLog
  readonly signal: AbortSignal
  /** Connections that will be open at the same time. */
  readonly nprocs: number
  /** An empty folder for the lists. */
  readonly folder: string
  /** From this size on a file is on no list: it is copied block by block. */
  readonly largefileSizeBytes: bigint
}

export interface PreparedLists {
  readonly data: readonly TransferList[]
  readonly attributes: readonly TransferList[]
  /** Whether the attributes of the root itself are to be set. */
  readonly root: boolean
  /** Whether any file is copied block by block, and whether any is in the HSM archive only: where none is, nobody has to look for them. */
  readonly hasLarge: boolean
  readonly hasReleased: boolean
}

/**
 * rsync holds every name that comes against those that it asked for, one after the other: what that costs a name grows with the length of its list. A
 * shorter one gains less than its connection costs.
 */
export const LIST_PATHS = 4000
export const LIST_BYTES = 256n * 1024n ** 3n

/**
 * Makes the target ready for rsync and writes the lists: nothing of another type is in the way, no symlink on the way,
 * no hard link that S1 does not have, and what drifted is transferred again.
 */
export async function prepareTransfer(sources: readonly EntryParts[], context: PrepareContext): Promise<PreparedLists> {
  const limits = { openLists: context.nprocs, maxPaths: LIST_PATHS, maxBytes: LIST_BYTES }
  const data = new ContentWriter(context.folder, limits)
  const attributes = new ListWriter(context.folder, 'attributes', limits)
  let [root, hasLarge, hasReleased] = [false, false, false]
  const lost = new Set(context.drift.repairs.map(({ fid }) => fid))
  const released = new Set<Fid>()
  for await (const entries of readEntries(sources, 'data')) {
    context.signal.throwIfAborted()
    addReleased(released, entries, lost)
    const wanted = entries.filter((entry) => !entry.released)
    hasReleased ||= wanted.length < entries.length
    await prepareDataBatch(wanted, context)
    for (const entry of wanted) {
      if (isLargeFile(entry, context.largefileSizeBytes)) hasLarge = true
      else data.add(entry)
    }
  }
  for await (const entries of readEntries(sources, 'attr')) {
    context.signal.throwIfAborted()
    addReleased(released, entries, lost)
    hasReleased ||= entries.some((entry) => entry.released)
    root ||= entries.some((entry) => entry.path.length === 0)
    await prepareAttributesBatch(entries, context, attributes)
  }
  await addRepairs(released, context, data, attributes)
  root = (await addDisturbedDirectories(context, attributes)) || root
  return { data: data.finish(), attributes: attributes.finish(), root, hasLarge, hasReleased }
}

/** Collects what the target lost and cannot get back now. */
function addReleased(released: Set<Fid>, entries: readonly MapNode[], lost: ReadonlySet<Fid>): void {
  for (const { fid, released: isReleased } of entries) if (isReleased && lost.has(fid)) released.add(fid)
}

async function prepareDataBatch(entries: readonly DataEntry[], context: PrepareContext): Promise<void> {
  const { data, drift, signal } = context
  const paths = entries.flatMap((entry) => [entry.path, ...entry.links])
  const stats = await lstatBeneathDirectories(paths, context)
  const remove: PathBytes[] = []
  let at = 0
  for (const entry of entries) {
    const plan = prepareData(entry, stats.slice(at, at + 1 + entry.links.length))
    at += 1 + entry.links.length
    for (const path of plan.inTheWay) drift.add('in-the-way', path)
    for (const path of plan.shared) drift.add('shared', path)
    if (plan.missing) drift.add('missing-file', entry.path)
    remove.push(...plan.inTheWay, ...plan.shared)
    // A large file is finished when its digest was compared; its time must stay for its kept digests to be of use.
    if (isLargeFile(entry, context.largefileSizeBytes)) continue
    for (const path of plan.unmark) data.setMtime(path, otherTime(entry.mtimeNs))
  }
  await removeAll(data, remove, signal)
}

async function prepareAttributesBatch(entries: readonly MapNode[], context: PrepareContext, attributes: ListWriter): Promise<void> {
  const { data, drift, signal } = context
  const stats = await lstatBeneathDirectories(
    entries.map((entry) => entry.path),
    context,
  )
  const inTheWay: PathBytes[] = []
  const directories: PathBytes[] = []
  for (const [index, entry] of entries.entries()) {
    const found = attributesTarget(entry, stats[index] ?? null)
    if (found === 'other-type') {
      drift.add('in-the-way', entry.path)
      inTheWay.push(entry.path)
    }
    if (found === 'other-content') drift.add('other-content', entry.path)
    if (found !== 'as-expected' && !entry.released) drift.addMissing(entry)
    if (found === 'missing' && entry.released) drift.add('missing-file', entry.path)
    if (found !== 'as-expected' && entry.type === 'd') directories.push(entry.path)
    // The root has a transfer of its own: naming it would list what is in it.
    if ((found === 'as-expected' || entry.type === 'd') && entry.path.length > 0) attributes.add([entry.path], 0n)
  }
  await removeAll(data, inTheWay, signal)
  expectOutcomes('making a directory', data, directories, await data.mkdir(directories, NEW_DIRECTORY_MODE))
}

/** What lies at the paths, after every folder on the way has been made a folder again. */
async function lstatBeneathDirectories(paths: readonly PathBytes[], context: PrepareContext): Promise<(EntryStat | null)[]> {
  const { data } = context
  const parents = Array.from(new Map(paths.map((path) => [dirnameOf(path).toString('latin1'), path])).values())
  const stats = await data.lstat(parents.map(dirnameOf))
  await makeParents(
    parents.filter((_, index) => stats[index]?.type !== 'd'),
    context,
  )
  return data.lstat(paths)
}

/** Objects that the namespace phase or the look at the attributes missed. Released ones are owed in the end. */
async function addRepairs(released: ReadonlySet<Fid>, context: PrepareContext, data: ContentWriter, attributes: ListWriter): Promise<void> {
  for (const { fid, path, links, type } of context.drift.repairs) {
    if (released.has(fid)) continue
    await lstatBeneathDirectories([path, ...links], context)
    if (type === 'd') attributes.add([path], 0n)
    else data.addUnknown([path, ...links])
  }
}

/** Repairs change the times of folders that the map need not name. Gives whether the root is one of them. */
async function addDisturbedDirectories({ data, drift }: PrepareContext, attributes: ListWriter): Promise<boolean> {
  const disturbed = drift.drifts.flatMap(({ kind, path }) => (kind === 'missing-directory' ? [path, dirnameOf(path)] : [dirnameOf(path)]))
  const unique = Array.from(new Map(disturbed.map((path) => [path.toString('latin1'), path])).values())
  const stats = await data.lstat(unique)
  const directories = unique.filter((_, index) => stats[index]?.type === 'd')
  for (const path of directories) if (path.length > 0) attributes.add([path], 0n)
  return directories.some((path) => path.length === 0)
}
