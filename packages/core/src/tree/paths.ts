import { type PathList, packPaths, pathCount, pickPaths, unpackPath } from '@lustrebackup/lustreapi/path-list'

/** Many paths; as a list where there are so many that an object for each would show. */
export type Paths = readonly Buffer[] | PathList

export function countOf(paths: Paths): number {
  return isList(paths) ? pathCount(paths) : paths.length
}

export function pathAt(paths: Paths, index: number): Buffer {
  return isList(paths) ? unpackPath(paths, index) : paths[index]!
}

export function listOf(paths: Paths): PathList {
  return isList(paths) ? paths : packPaths(paths)
}

/** The rows of a list, in their order; the list itself where they are all of it. */
export function rowsOf(list: PathList, rows: readonly number[]): PathList {
  return rows.length === pathCount(list) ? list : pickPaths(list, rows)
}

/** Which of `count` rows are as wanted. */
export function rowsWhere(count: number, isWanted: (row: number) => boolean): number[] {
  const rows: number[] = []
  for (let row = 0; row < count; row += 1) if (isWanted(row)) rows.push(row)
  return rows
}

function isList(paths: Paths): paths is PathList {
  return !Array.isArray(paths)
}
