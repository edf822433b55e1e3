import type { MapPart, MkdirEntry } from '../backupmap/backupmap-types.js'
import { partsOf, readNames, readPart } from '../backupmap/map-reader.js'
import type { NameRows } from '../backupmap/name-rows.js'
import { LustrebackupError } from '../errors/errors.js'
import { depthInList } from '../parts/path-column.js'
import { pathDepth } from '../types/path-bytes.js'
import type { OpenMap } from './namespace-types.js'

type RowKind = 'remove' | 'move' | 'place'
type PathKind = RowKind | 'mkdir'

export type DepthBatch =
  | { readonly [K in RowKind]: { readonly kind: K; readonly depth: number; readonly rows: NameRows<K> } }[RowKind]
  | { readonly kind: 'mkdir'; readonly depth: number; readonly entries: readonly MkdirEntry[] }

/** Batches of the given kinds, all of one depth before any of the next: the order that makes every path valid when its turn comes. */
export async function* readByDepth(
  map: OpenMap,
  kinds: readonly PathKind[],
  order: 'deepest-first' | 'shallowest-first',
): AsyncGenerator<DepthBatch> {
  const sign = order === 'deepest-first' ? -1 : 1
  const parts = kinds.flatMap((kind) => partsOf(map.header, kind)).toSorted((a, b) => sign * (a.depth! - b.depth!))
  for (const part of parts) yield* part.kind === 'mkdir' ? readMkdirs(map, part) : readRows(map, part)
}

async function* readMkdirs({ folder }: OpenMap, part: MapPart): AsyncGenerator<DepthBatch> {
  for await (const entries of readPart(folder, { ...part, kind: 'mkdir' })) {
    for (const { path } of entries) if (pathDepth(path) !== part.depth) throw wrongDepth(part)
    yield { kind: 'mkdir', depth: part.depth!, entries }
  }
}

async function* readRows({ folder }: OpenMap, part: MapPart): AsyncGenerator<DepthBatch> {
  for await (const rows of readNames(folder, part as MapPart & { kind: RowKind })) {
    for (let row = 0; row < rows.types.length; row += 1) if (depthInList(rows.paths, row) !== part.depth) throw wrongDepth(part)
    yield { kind: rows.kind, depth: part.depth!, rows } as DepthBatch
  }
}

function wrongDepth(part: MapPart): LustrebackupError {
  return new LustrebackupError('MAP_LINE_INVALID', `reading the backupmap: ${part.file} holds a path that is not of depth ${part.depth}`, {
    hint: 'Make the map again on the source with lustrebackup_source_map, then run the backup again.',
  })
}
