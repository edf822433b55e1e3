import type { HardlinkEntry, MapPart } from './backupmap-types.js'
import { readPart } from './map-reader.js'
import type { PartWriter } from './part-writer.js'

/**
 * Brings the names of multiply linked objects together: one line an object with all of its paths, in the order of their bytes.
 * `parts` hold all names of the FIDs of one partition, one a line. Gives the bytes of the files, each counted once.
 */
export async function groupHardlinks(folder: string, parts: readonly MapPart[], writer: PartWriter): Promise<bigint> {
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
  let sizeBytes = 0n
  for (const group of groups.values()) {
    const [first, ...rest] = group.toSorted((a, b) => a.path.compare(b.path))
    writer.write('hardlink', { ...first!, links: rest.map(({ path }) => path) })
    sizeBytes += first!.size
  }
  return sizeBytes
}
