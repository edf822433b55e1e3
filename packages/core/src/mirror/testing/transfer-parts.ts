import { linkSync, lstatSync, rmSync } from 'node:fs'
import { makeEntry } from '../../namespace/testing/model-disk.js'
import type { ModelTree } from '../../namespace/testing/model-tree.js'
import { type EntryParts, readEntries } from '../../transfer/transfer-source.js'
import { joinPath } from '../../types/path-bytes.js'

/** Stands in for rsync: content where it is asked for, and the targets of symlinks, which it always compares. Gives what content was asked for. */
export async function transferParts(parts: EntryParts, s1: ModelTree, target: string): Promise<string[]> {
  const objects = s1.objects()
  const asked: string[] = []
  const full = (path: Buffer) => joinPath(Buffer.from(target), path)
  for await (const entries of readEntries([parts], 'data')) {
    for (const { fid, path, links } of entries) {
      asked.push(fid)
      const inode = lstatSync(full(path), { throwIfNoEntry: false })?.ino
      if (inode !== undefined && objects.get(fid)!.node.type !== 'f') rmSync(full(path))
      makeEntry(objects.get(fid)!.node, full(path))
      for (const link of links) {
        rmSync(full(link), { force: true })
        linkSync(full(path), full(link))
      }
    }
  }
  for await (const entries of readEntries([parts], 'attr')) {
    for (const { fid, path, type } of entries) {
      if (type !== 'l') continue
      const { node, links } = objects.get(fid)!
      for (const link of links) rmSync(full(link.path))
      makeEntry(node, full(path))
      for (const link of links) if (!link.path.equals(path)) linkSync(full(path), full(link.path))
    }
  }
  return asked
}
