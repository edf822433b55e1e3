import type { HardlinkEntry } from '../backupmap/backupmap-types.js'
import type { PartWriter } from '../backupmap/part-writer.js'
import type { OpenMap } from '../namespace/namespace-types.js'
import { readEntries } from '../transfer/transfer-source.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import type { PathBytes } from '../types/path-bytes.js'
import { decideLinks } from './mirror-plan.js'
import type { MirrorContext } from './mirror-run.js'

const BATCH_PATHS = 4096

/** Objects with several names, when all their directories are there: all their names become one inode, and no other name does. */
export async function mirrorHardlinks(map: OpenMap, context: MirrorContext, writer: PartWriter): Promise<{ removedCount: number }> {
  let removedCount = 0
  let batch: HardlinkEntry[] = []
  let pathCount = 0
  const flush = async () => {
    removedCount += await mirrorBatch(batch, context, writer)
    batch = []
    pathCount = 0
  }
  for await (const entries of readEntries([{ folder: map.folder, parts: map.header.parts }], 'hardlink')) {
    for (const entry of entries) {
      context.signal.throwIfAborted()
      batch.push(entry)
      pathCount += 1 + entry.links.length
      if (pathCount >= BATCH_PATHS) await flush()
    }
  }
  await flush()
  return { removedCount }
}

async function mirrorBatch(entries: readonly HardlinkEntry[], context: MirrorContext, writer: PartWriter): Promise<number> {
  const { data, base, signal } = context
  const stats = await data.lstat(entries.flatMap((entry) => [entry.path, ...entry.links]))
  const clear: PathBytes[] = []
  const from: PathBytes[] = []
  const to: PathBytes[] = []
  let at = 0
  for (const entry of entries) {
    const end = at + 1 + entry.links.length
    const { clear: wrong, link, anchor } = decideLinks(entry, stats.slice(at, end), base)
    at = end
    clear.push(...wrong)
    to.push(...link)
    if (anchor !== null) from.push(...link.map(() => anchor))
    const { same: _, complete: __, links, ...node } = entry
    if (anchor === null) writer.write('data', { ...node, created: true, links })
    else writer.write('attr', { ...node, path: anchor })
  }
  const removed = await removeAll(data, clear, signal)
  expectOutcomes('linking', data, to, await data.link(from, to))
  return removed
}
