import { type PathList, pathStart } from '@lustrebackup/lustreapi/path-list'
import type { MapPart, PartKind } from '../backupmap/backupmap-types.js'
import { partsOf, peekPart, readNames } from '../backupmap/map-reader.js'
import type { NameKind, NameRows } from '../backupmap/name-rows.js'
import { peekLine } from '../parts/line-fields.js'
import { rowsWhere } from '../tree/paths.js'
import type { OpenMap } from './namespace-types.js'
import { PathFilter } from './path-filter.js'

/** Which moved objects need no staging: they stay at their S0 path until their S1 place has its turn. */
export interface Staying {
  /** `path`: of the object in S0. The same map always gives the same answer. */
  has(path: Buffer): boolean
  /** Of a list of such paths, those that stay. */
  rowsOf(paths: PathList): readonly number[]
}

/**
 * An object stays when its S0 path is still valid, and nobody else's, while *in* goes on: no folder above it is moved or removed, and nothing is put
 * to that very path. A wrong no costs a detour; there is no wrong yes.
 */
export async function planStaying(map: OpenMap, signal: AbortSignal): Promise<Staying> {
  const count = (...kinds: readonly PartKind[]) => sum(kinds.flatMap((kind) => partsOf(map.header, kind)))
  // What has no place in S1 is to be found in the staging folder, not left behind unseen.
  if (count('move') !== count('place')) return staying(() => false)
  const gone = new PathFilter(count('move', 'remove'))
  const taken = new PathFilter(count('mkdir', 'place', 'link'))
  if (count('move') > 0) {
    await addNames(gone, map, ['move', 'remove'], isDirectory, signal)
    await addNames(taken, map, ['place', 'link'], () => true, signal)
    await addMkdirs(taken, map, signal)
  }
  return staying((bytes, start, end) => !taken.mayHave(bytes, start, end) && !gone.mayHaveAbove(bytes, start, end))
}

function staying(stays: (bytes: Uint8Array, start: number, end: number) => boolean): Staying {
  return {
    has: (path) => stays(path, 0, path.length),
    rowsOf: (paths) => rowsWhere(paths.ends.length, (row) => stays(paths.bytes, pathStart(paths, row), paths.ends[row]!)),
  }
}

type Wanted = (rows: NameRows<NameKind>, row: number) => boolean

const isDirectory: Wanted = ({ types }, row) => types[row] === 'd'

async function addNames(filter: PathFilter, map: OpenMap, kinds: readonly NameKind[], wanted: Wanted, signal: AbortSignal): Promise<void> {
  for (const part of kinds.flatMap((kind) => partsOf(map.header, kind))) {
    for await (const rows of readNames(map.folder, part as MapPart & { kind: NameKind })) {
      signal.throwIfAborted()
      const { bytes, ends } = rows.paths
      for (let row = 0; row < ends.length; row += 1) if (wanted(rows, row)) filter.add(bytes, pathStart(rows.paths, row), ends[row]!)
    }
  }
}

async function addMkdirs(filter: PathFilter, map: OpenMap, signal: AbortSignal): Promise<void> {
  const pathOf = (line: string) => peekLine(line, (fields) => ({ path: fields.path('path') }))
  for (const part of partsOf(map.header, 'mkdir')) {
    for await (const entries of peekPart(map.folder, part, pathOf)) {
      signal.throwIfAborted()
      for (const { path } of entries) filter.add(path)
    }
  }
}

function sum(parts: readonly MapPart[]): number {
  return parts.reduce((total, { entryCount }) => total + entryCount, 0)
}
