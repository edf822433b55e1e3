import type { EntryType } from '../backupmap/backupmap-types.js'
import { joinPath } from '../types/path-bytes.js'
import { expectOutcomes } from './tree-failure.js'
import type { Tree } from './tree-port.js'

const BATCH = 4096

/**
 * Removes entries of any type, directories with everything below. Not there is success. Gives the number of entries removed.
 */
export async function removeAll(tree: Tree, paths: readonly Buffer[], signal: AbortSignal): Promise<number> {
  if (paths.some((path) => path.length === 0)) throw new Error(`${tree.path} itself is never removed`)
  const stats = await tree.lstat(paths)
  const known = paths.flatMap((path, index) => (stats[index] === null ? [] : [{ path, type: stats[index]!.type }]))
  return removeKnown(tree, known, signal)
}

interface KnownEntry {
  readonly path: Buffer
  readonly type: EntryType
}

async function removeKnown(tree: Tree, entries: readonly KnownEntry[], signal: AbortSignal): Promise<number> {
  let removed = 0
  const others = entries.filter((entry) => entry.type !== 'd').map((entry) => entry.path)
  for (let start = 0; start < others.length; start += BATCH) {
    signal.throwIfAborted()
    const batch = others.slice(start, start + BATCH)
    expectOutcomes('removing', tree, batch, await tree.unlink(batch), ['ENOENT'])
    removed += batch.length
  }
  for (const { path, type } of entries) if (type === 'd') removed += await removeDirectory(tree, path, signal)
  return removed
}

/** Depth first, with a stack of its own: trees are deeper than call stacks like. */
async function removeDirectory(tree: Tree, top: Buffer, signal: AbortSignal): Promise<number> {
  let removed = 0
  const stack = [top]
  while (stack.length > 0) {
    signal.throwIfAborted()
    const directory = stack[stack.length - 1]!
    const below = await entriesOf(tree, directory)
    const directories = below.filter((entry) => entry.type === 'd')
    removed += await removeKnown(
      tree,
      below.filter((entry) => entry.type !== 'd'),
      signal,
    )
    if (directories.length > 0) {
      stack.push(...directories.map((entry) => entry.path))
      continue
    }
    expectOutcomes('removing', tree, [directory], await tree.rmdir([directory]), ['ENOENT'])
    removed += 1
    stack.pop()
  }
  return removed
}

async function entriesOf(tree: Tree, directory: Buffer): Promise<KnownEntry[]> {
  const [listed] = await tree.readdir([directory])
  const entries = (listed ?? []).map((entry) => ({ path: joinPath(directory, entry.name), type: entry.type }))
  const untyped = entries.filter((entry) => entry.type === null)
  const stats = await tree.lstat(untyped.map((entry) => entry.path))
  const types = new Map(untyped.map((entry, index) => [entry, stats[index]?.type ?? null]))
  return entries.flatMap((entry) => {
    const type = entry.type ?? types.get(entry) ?? null
    return type === null ? [] : [{ path: entry.path, type }]
  })
}
