import type { MapCounts } from './backupmap-types.js'

/** What resolving some touched FIDs has come to. The map's own lines are on disk by then. */
export interface Resolved {
  readonly counts: MapCounts
  /** By how much the tree grew: names, and bytes of files. */
  readonly treeEntries: number
  readonly treeBytes: bigint
  /** Directories that came into the backed-up area, by their S1 path, and that left it, by their S0 path (relative to `data_path`). */
  readonly entered: readonly Uint8Array[]
  readonly left: readonly Uint8Array[]
  /** Entries (FID, bits) of inodes with more links than fid2path knows: not counted yet, to be resolved again with names of the log. */
  readonly deficits: Uint32Array
  /** FIDs (in text) that could not be looked up, twice, with the reason. At most `FAILURES_NAMED` are named. */
  readonly failures: readonly { readonly fid: string; readonly reason: string }[]
  /** Of the FIDs with the bit `opener`: those that S1 has (FID, and 1 when its data changed, otherwise 0). */
  readonly openers: Uint32Array
}

export const FAILURES_NAMED = 100
/** Words of an entry of `Resolved.openers`. */
export const OPENER_STATE_WORDS = 5

export const NO_COUNTS: MapCounts = {
  touched: 0,
  created: 0,
  removed: 0,
  kept: 0,
  temporary: 0,
  excluded: 0,
  failed: 0,
  moved: 0,
  data: 0,
  attributes: 0,
  unchanged: 0,
  dataBytes: 0n,
}

export function addCounts(a: MapCounts, b: MapCounts): MapCounts {
  return {
    touched: a.touched + b.touched,
    created: a.created + b.created,
    removed: a.removed + b.removed,
    kept: a.kept + b.kept,
    temporary: a.temporary + b.temporary,
    excluded: a.excluded + b.excluded,
    failed: a.failed + b.failed,
    moved: a.moved + b.moved,
    data: a.data + b.data,
    attributes: a.attributes + b.attributes,
    unchanged: a.unchanged + b.unchanged,
    dataBytes: a.dataBytes + b.dataBytes,
  }
}
