import type { MapNode } from '../backupmap/backupmap-types.js'
import type { Checksum } from '../filediff/filediff-types.js'
import type { PartFile } from '../parts/part-file-types.js'
import type { PathBytes } from '../types/path-bytes.js'

/** Version of the format on disk; docs/formats/verification.md describes it. */
export const VERIFICATION_FORMAT = 'lustrebackup-verification'
export const VERIFICATION_VERSION = 1

/** Postfix of the mounts that a verification reads from. */
export const VERIFY_POSTFIX = 'verify'
/** The lock that keeps two verifications of one side apart; a backup may run meanwhile. */
export const VERIFY_LOCK = 'verify'

/** What a verification leaves out on purpose. */
export interface VerifyFilter {
  /** Only what a backup of the range gave another name. */
  readonly renamedOnly: boolean
  /** Only what has an mtime from here on (unix seconds); null = everything. */
  readonly modifiedSince: number | null
}

/** What one object has beside its node. */
export interface Extras {
  /** Of a symlink. */
  readonly target: Buffer | null
  /** Extended attributes but ACLs, Lustre's own, and labels of SELinux: percent-encoded name to value, or to its digest where that is long. */
  readonly xattrs: Readonly<Record<string, string>>
}

/** An object as the snapshot has it, once, with all its names in the backed-up area: `path` and `links`. */
export interface VerifyEntry extends MapNode, Extras {
  readonly links: readonly PathBytes[]
  /** All names in the area are here. Otherwise the object has more links than Lustre could name. */
  readonly complete: boolean
}

/** Names in a directory, sorted by their bytes: of a large one consecutive pieces. */
export interface VerifyNames {
  readonly path: PathBytes
  readonly names: readonly Buffer[]
  readonly first: boolean
  readonly last: boolean
}

/** The content of a file, at one of its paths. */
export interface VerifyContent {
  readonly path: PathBytes
  readonly size: bigint
  readonly mtimeNs: bigint
  /** null where the source could not read it: `reason` says why. */
  readonly checksum: Buffer | null
  readonly reason: string | null
}

export interface VerifyEntries {
  readonly entry: VerifyEntry
  readonly names: VerifyNames
  readonly content: VerifyContent
}
export type VerifyKind = keyof VerifyEntries
export const VERIFY_KINDS: readonly VerifyKind[] = ['entry', 'names', 'content']

export interface VerifyPart extends PartFile {
  readonly kind: VerifyKind
}

export interface VerifyCounts {
  /** Objects. */
  readonly entries: number
  readonly directories: number
  /** Files whose content was read, and their bytes. */
  readonly files: number
  readonly bytes: bigint
  /** Files that are in the HSM archive only: not read. */
  readonly released: number
  /** Files that could not be read. */
  readonly unreadable: number
  /** What backups of the range named and the snapshot no longer has. */
  readonly gone: number
}

export const NO_VERIFY_COUNTS: VerifyCounts = {
  entries: 0,
  directories: 0,
  files: 0,
  bytes: 0n,
  released: 0,
  unreadable: 0,
  gone: 0,
}

export function addVerifyCounts(a: VerifyCounts, b: VerifyCounts): VerifyCounts {
  return {
    entries: a.entries + b.entries,
    directories: a.directories + b.directories,
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
    released: a.released + b.released,
    unreadable: a.unreadable + b.unreadable,
    gone: a.gone + b.gone,
  }
}

export interface VerificationHeader {
  readonly format: typeof VERIFICATION_FORMAT
  readonly version: typeof VERIFICATION_VERSION
  readonly software: string
  readonly fsname: string
  /** Covers what the backups after `start` changed, as the snapshot `timestamp` has it. */
  readonly start: number
  readonly timestamp: number
  readonly snapshotName: string
  /** Timestamps of those backups, oldest first. */
  readonly backups: readonly number[]
  /** A full backup is among them, so that everything is covered. */
  readonly whole: boolean
  readonly filter: VerifyFilter
  readonly checksum: Checksum
  /** Unix seconds. */
  readonly startedAt: number
  readonly finishedAt: number
  readonly counts: VerifyCounts
  readonly parts: readonly VerifyPart[]
}

/** Nothing was left out on purpose. */
export function isUnfiltered({ renamedOnly, modifiedSince }: VerifyFilter): boolean {
  return !renamedOnly && modifiedSince === null
}
