import type { EntryType, PartKind } from '../backupmap/backupmap-types.js'
import type { Fid } from '../types/fid.js'

/** One record of the changelog that names the inode. */
export interface ExplainedRecord {
  readonly mdt: string
  readonly recno: bigint
  /** Unix seconds. */
  readonly atSeconds: number
  /** `CREAT`, `RENME`, …; `type 99` for one that nobody knows. */
  readonly type: string
  readonly flags: number
  /** As what the record names it: what it is about, what a rename replaced or moved, or the folder of it. */
  readonly role: 'target' | 'source' | 'parent' | 'source parent'
  readonly name: Buffer
}

/** The inode in one snapshot. */
export interface ExplainedSide {
  readonly snapshotName: string
  /** All its paths, relative to the root of the file system. */
  readonly paths: readonly Buffer[]
  readonly stat: {
    readonly type: EntryType
    readonly mode: number
    readonly uid: number
    readonly gid: number
    readonly size: bigint
    readonly mtimeNs: bigint
    readonly nlink: number
  } | null
  /** Of files. */
  readonly dataVersion: bigint | null
}

/** A line of the map that names the inode. */
export interface ExplainedLine {
  readonly kind: PartKind
  readonly line: string
}

export interface ExplainFacts {
  readonly fid: Fid
  /** null = this snapshot does not exist any more, or there is no base. */
  readonly s0: ExplainedSide | null
  readonly s1: ExplainedSide
  /** Whether a path is backed up: beneath data_path and not beneath meta_basepath. */
  readonly inAreaS0: boolean
  readonly inAreaS1: boolean
  readonly records: readonly ExplainedRecord[]
  /** More than are shown. */
  readonly recordCount: number
  /** Carried over from the backup before: open writers, files to be looked at again, and what the target is owed. */
  readonly sets: readonly ('recheck' | 'opener' | 'owed')[]
  /** null = the snapshot has no map. */
  readonly map: { readonly kind: 'incremental' | 'full'; readonly lines: readonly ExplainedLine[] } | null
}

export interface Explanation extends ExplainFacts {
  /** Why it is, or is not, in the map; or would be. */
  readonly decision: readonly string[]
}
