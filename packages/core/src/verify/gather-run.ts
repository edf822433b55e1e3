import type { MapPart, PartEntries, PartKind } from '../backupmap/backupmap-types.js'
import type { FinishedMap } from '../backupmap/map-folder.js'
import { checkParts, readPart } from '../backupmap/map-reader.js'
import type { Fid } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import { NamedFidWriter } from './named-fids.js'

/** What a map says of objects that S1 has. A comparison is what was looked at, not what changed: only that of a full map names everything. */
const CHANGED = ['mkdir', 'place', 'link', 'data', 'attr'] as const satisfies readonly PartKind[]
const RENAMED: ReadonlySet<PartKind> = new Set(['place', 'link'])

/** Objects of one task, and the most tasks: each has files of its own. */
const TASK_ENTRIES = 512
const MOST_TASKS = 2048

function partsOfInterest({ header }: FinishedMap): MapPart[] {
  const kinds: readonly PartKind[] = header.kind === 'full' ? [...CHANGED, 'compare'] : CHANGED
  return header.parts.filter(({ kind }) => kinds.includes(kind))
}

/** How many tasks a verification is cut into. */
export function countTasks(maps: readonly FinishedMap[]): number {
  const entries = maps.flatMap(partsOfInterest).reduce((sum, { entryCount }) => sum + entryCount, 0)
  return Math.max(1, Math.min(MOST_TASKS, Math.ceil(entries / TASK_ENTRIES)))
}

/** Writes every FID that the maps name, oldest map first, to the files of the tasks. */
export async function gatherFids(maps: readonly FinishedMap[], folder: string, taskCount: number, signal: AbortSignal): Promise<void> {
  const writer = new NamedFidWriter(folder, taskCount)
  for (const map of maps) {
    const parts = partsOfInterest(map)
    await checkParts(map.folder, parts)
    for (const part of parts) {
      for await (const batch of readPart(map.folder, part)) {
        signal.throwIfAborted()
        for (const entry of batch) for (const named of namesOf(entry)) writer.write({ ...named, renamed: RENAMED.has(part.kind) })
      }
    }
  }
  writer.finish()
}

function namesOf(entry: PartEntries[PartKind]): { fid: Fid; path: PathBytes }[] {
  if ('kind' in entry) return entry.kind === 'entry' ? [entry.node] : []
  if (!('path' in entry)) return []
  const links = 'links' in entry ? entry.links : []
  return [entry.path, ...links].map((path) => ({ fid: entry.fid, path }))
}
