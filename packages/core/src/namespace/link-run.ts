import type { LinkEntry } from '../backupmap/backupmap-types.js'
import { removeAll } from '../tree/remove-run.js'
import { expectOutcomes } from '../tree/tree-failure.js'
import { type EntryStat, isUnreachable, UNREACHABLE } from '../tree/tree-port.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { InContext } from './namespace-types.js'
import { makeParents } from './parents-run.js'

/** Adds names to objects that are in place. An object that the target lost comes from the source again, with all its names. */
export async function linkEntries(entries: readonly LinkEntry[], context: InContext): Promise<void> {
  const { data, drift, signal } = context
  const [objects, present] = await Promise.all([
    data.lstat(entries.map((entry) => entry.to)),
    data.lstat(entries.map((entry) => entry.path)),
  ])
  const toLink: LinkEntry[] = []
  const inTheWay: Buffer[] = []
  entries.forEach((entry, index) => {
    const object = objects[index] ?? null
    const there = present[index] ?? null
    const found = object?.type === entry.type
    if (found && isSame(object, there)) return
    if (there !== null) inTheWay.push(entry.path)
    if (found) toLink.push(entry)
    else {
      if (object !== null) inTheWay.push(entry.to)
      drift.addMissing({ ...entry, path: entry.to })
      drift.addMissing(entry)
    }
  })
  for (const path of inTheWay) drift.add('in-the-way', path as LinkEntry['path'])
  await removeAll(data, inTheWay, signal)
  await linkAll(toLink, context)
}

async function linkAll(entries: readonly LinkEntry[], context: InContext): Promise<void> {
  const outcomes = await link(entries, context)
  expectOutcomes('linking', context.data, pathsOf(entries), outcomes, UNREACHABLE)
  const orphans = entries.filter((_, index) => isUnreachable(outcomes[index]!))
  await makeParents(pathsOf(orphans), context)
  expectOutcomes('linking', context.data, pathsOf(orphans), await link(orphans, context))
}

function pathsOf(entries: readonly { readonly path: PathBytes }[]): PathBytes[] {
  return entries.map((entry) => entry.path)
}

function link(entries: readonly LinkEntry[], { data }: InContext) {
  return data.link(
    entries.map((entry) => entry.to),
    entries.map((entry) => entry.path),
  )
}

function isSame(a: EntryStat | null, b: EntryStat | null): boolean {
  return a !== null && b !== null && a.ino === b.ino && a.dev === b.dev
}
