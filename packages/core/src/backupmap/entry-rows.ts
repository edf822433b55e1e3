import { type PathList, pathStart, unpackPath } from '@lustrebackup/lustreapi/path-list'
import { mapNode } from '../namespace/object-plan.js'
import { fidAt } from '../types/fid.js'
import type { PathBytes } from '../types/path-bytes.js'
import type { MapNode } from './backupmap-types.js'
import { type AttributeColumns, attributesAt } from './read-attributes.js'

/** What a walk knows of entries, without an object for each. */
export interface EntryRows {
  /** Relative to the mount point: the part relative to `data_path` begins after `skip` bytes. */
  readonly paths: PathList
  readonly skip: number
  /** 16 bytes each. */
  readonly fids: Uint8Array
  readonly attributes: AttributeColumns
}

/** Relative to `data_path`; a view into the list. */
export function pathAt({ paths, skip }: EntryRows, row: number): PathBytes {
  return unpackPath(paths, row).subarray(skip) as PathBytes
}

export function nodeAt(entries: EntryRows, row: number): MapNode {
  return mapNode(fidAt(entries.fids, row), pathAt(entries, row), attributesAt(entries.attributes, row))
}

/** The rows from `start` up to `end` of which everything is known. */
export function knownRows({ attributes }: EntryRows, start: number, end: number): number[] {
  const rows: number[] = []
  for (let row = start; row < end; row += 1) if (!attributes.failures.has(row)) rows.push(row)
  return rows
}

/** Where the path of a row, relative to `data_path`, begins in the bytes of its list. */
export function startInArea({ paths, skip }: EntryRows, row: number): number {
  return pathStart(paths, row) + skip
}
