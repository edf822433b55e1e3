import type { MapPart, PartEntries } from '../backupmap/backupmap-types.js'
import { partsOf, readPart } from '../backupmap/map-reader.js'
import { LustrebackupError } from '../errors/errors.js'
import { pathDepth } from '../types/path-bytes.js'
import type { OpenMap } from './namespace-types.js'

type PathKind = 'remove' | 'move' | 'mkdir' | 'place'

export type DepthBatch = { readonly [K in PathKind]: { readonly kind: K; readonly entries: readonly PartEntries[K][] } }[PathKind]

/** Batches of the given kinds, all of one depth before any of the next: the order that makes every path valid when its turn comes. */
export async function* readByDepth(map: OpenMap, kinds: readonly PathKind[], order: 'deepest-first' | 'shallowest-first') {
  const sign = order === 'deepest-first' ? -1 : 1
  const parts = kinds.flatMap((kind) => partsOf(map.header, kind)).toSorted((a, b) => sign * (a.depth! - b.depth!))
  for (const part of parts) {
    for await (const entries of readPart(map.folder, part as MapPart & { kind: PathKind })) {
      for (const { path } of entries) if (pathDepth(path) !== part.depth) throw wrongDepth(part)
      yield { kind: part.kind, entries } as DepthBatch
    }
  }
}

function wrongDepth(part: MapPart): LustrebackupError {
  return new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: ${part.file} holds a path that is not of depth ${part.depth}`, {
    hint: 'Make the map again on the source with lustrebackup_source_map, then run the backup again.',
  })
}
