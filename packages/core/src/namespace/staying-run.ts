import type { MapPart, PartKind } from '../backupmap/backupmap-types.js'
import { partsOf, peekPart } from '../backupmap/map-reader.js'
import { peekLine } from '../parts/line-fields.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { OpenMap } from './namespace-types.js'
import { PathFilter } from './path-filter.js'

/** Which moved objects need no staging: they stay at their S0 path until their S1 place has its turn. */
export interface Staying {
  /** `path`: of the object in S0. The same map always gives the same answer. */
  has(path: PathBytes): boolean
}

/**
 * An object stays when its S0 path is still valid, and nobody else's, while *in* goes on: no folder above it is moved or removed, and nothing is put
 * to that very path. A wrong no costs a detour; there is no wrong yes.
 */
export async function planStaying(map: OpenMap, signal: AbortSignal): Promise<Staying> {
  const count = (...kinds: readonly PartKind[]) => sum(kinds.flatMap((kind) => partsOf(map.header, kind)))
  // What has no place in S1 is to be found in the staging folder, not left behind unseen.
  if (count('move') !== count('place')) return { has: () => false }
  const gone = new PathFilter(count('move', 'remove'))
  const taken = new PathFilter(count('mkdir', 'place', 'link'))
  if (count('move') > 0) {
    await addPaths(gone, map, ['move', 'remove'], directoryOf, signal)
    await addPaths(taken, map, ['mkdir', 'place', 'link'], pathOf, signal)
  }
  return { has: (path) => !taken.mayHave(path) && !gone.mayHaveAbove(path) }
}

type Peek = (line: string) => { readonly path: PathBytes | null } | { readonly wrong: string }

const IS_DIRECTORY = /"type"\s*:\s*"d"/

/** Paths of the directories among the entries of a part. Other lines are not even decoded. */
const directoryOf: Peek = (line) => (IS_DIRECTORY.test(line) ? pathOf(line) : { path: null })

const pathOf: Peek = (line) => peekLine(line, (fields) => ({ path: fields.path('path') }))

async function addPaths(filter: PathFilter, map: OpenMap, kinds: readonly PartKind[], peek: Peek, signal: AbortSignal): Promise<void> {
  for (const part of kinds.flatMap((kind) => partsOf(map.header, kind))) {
    for await (const entries of peekPart(map.folder, part, peek)) {
      signal.throwIfAborted()
      for (const { path } of entries) if (path !== null) filter.add(path)
    }
  }
}

function sum(parts: readonly MapPart[]): number {
  return parts.reduce((total, { entryCount }) => total + entryCount, 0)
}
