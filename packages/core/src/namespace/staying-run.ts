import type { MapPart, PartEntries, PartKind } from '../backupmap/backupmap-types.js'
import { partsOf, readPart } from '../backupmap/map-reader.js'
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
    await visit(map, ['move', 'remove'], signal, ({ path, type }) => {
      if (type === 'd') gone.add(path)
    })
    await visit(map, ['mkdir', 'place', 'link'], signal, ({ path }) => taken.add(path))
  }
  return { has: (path) => !taken.mayHave(path) && !gone.mayHaveAbove(path) }
}

type NamespaceKind = 'move' | 'remove' | 'mkdir' | 'place' | 'link'

async function visit<K extends NamespaceKind>(
  map: OpenMap,
  kinds: readonly K[],
  signal: AbortSignal,
  see: (entry: PartEntries[K]) => void,
): Promise<void> {
  for (const part of kinds.flatMap((kind) => partsOf(map.header, kind))) {
    for await (const entries of readPart(map.folder, part as MapPart & { kind: K })) {
      signal.throwIfAborted()
      for (const entry of entries) see(entry)
    }
  }
}

function sum(parts: readonly MapPart[]): number {
  return parts.reduce((total, { entryCount }) => total + entryCount, 0)
}
