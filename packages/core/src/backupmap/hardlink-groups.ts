import { type Fid, packFids } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { HardlinkEntry, MapPart } from './backupmap-types.js'
import { LookupFailure } from './lookup-failure.js'
import { readPart } from './map-reader.js'
import type { PartWriter } from './part-writer.js'
import type { SnapshotSide } from './snapshot-side.js'
import { mapIncomplete } from './walk-failed.js'

/** The names of an inode that the snapshot gives: those in the backed-up area, and the number of others. */
export interface FoundNames {
  readonly paths: readonly PathBytes[]
  readonly outsideCount: number
}

const BATCH_FIDS = 1024

/**
 * Brings the names of multiply linked objects together: one line an object with all of its paths, in the order of their bytes.
 * `parts` hold the names of the FIDs of one partition, one a line; where those may not be all, `find` is asked for the others.
 * Gives the bytes of the files, each counted once.
 */
export async function groupHardlinks(
  folder: string,
  parts: readonly MapPart[],
  writer: PartWriter,
  find: ((fids: readonly Fid[]) => Promise<readonly FoundNames[]>) | null,
): Promise<bigint> {
  const groups = await readGroups(folder, parts)
  let sizeBytes = 0n
  const all = [...groups.values()]
  for (let start = 0; start < all.length; start += BATCH_FIDS) {
    const batch = all.slice(start, start + BATCH_FIDS)
    const found = find === null ? null : await find(batch.map((group) => group[0]!.fid))
    for (const [index, group] of batch.entries()) {
      writer.write('hardlink', joinGroup(group, found?.[index] ?? null))
      sizeBytes += group[0]!.size
    }
  }
  return sizeBytes
}

async function readGroups(folder: string, parts: readonly MapPart[]): Promise<Map<string, HardlinkEntry[]>> {
  const groups = new Map<string, HardlinkEntry[]>()
  for (const part of parts) {
    for await (const batch of readPart(folder, { ...part, kind: 'hardlink' })) {
      for (const entry of batch) {
        const group = groups.get(entry.fid)
        if (group === undefined) groups.set(entry.fid, [entry])
        else group.push(entry)
      }
    }
  }
  return groups
}

/** Names that were met in the walk, and those that the snapshot gives; null = all were met. */
function joinGroup(group: readonly HardlinkEntry[], found: FoundNames | null): HardlinkEntry {
  const first = group.toSorted((a, b) => a.path.compare(b.path))[0]!
  const names = new Map([...group.map(({ path }) => path), ...(found?.paths ?? [])].map((path) => [path.toString('latin1'), path]))
  const [path, ...links] = [...names.values()].toSorted(Buffer.compare)
  const complete = found === null || names.size + found.outsideCount >= first.nlink
  return { ...first, path: path!, links, complete }
}

/** The proved names of each inode in a snapshot: as many as the inode itself knows, which are not all when there are very many. */
export async function namesFoundIn(side: SnapshotSide, fids: readonly Fid[]): Promise<FoundNames[]> {
  const located = await side.locate(packFids([...fids]))
  const failures = located.flatMap(({ failure }, index) => (failure instanceof LookupFailure ? [`${fids[index]} (${failure})`] : []))
  if (failures.length > 0) throw mapIncomplete(failures.length, 'inodes', failures)
  return located.map(({ links, paths }) => ({ paths: links.map(({ path }) => path), outsideCount: paths.length - links.length }))
}
