import type { EntryType } from '../backupmap/backupmap-types.js'
import type { Paths } from './paths.js'

export interface EntryStat {
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly nlink: number
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly dev: bigint
  readonly ino: bigint
  /** Of devices: major and minor number. */
  readonly rdev: readonly [number, number] | null
}

export interface TreeEntry {
  readonly name: Buffer
  /** null where the file system does not say. */
  readonly type: EntryType | null
}

/** Name of the error, such as `ENOENT`; null = done. */
export type Outcome = string | null

/**
 * A folder that was opened once. Everything happens beneath it through its descriptor: no component of a path is ever followed if it is a symlink.
 * Paths are relative to it; empty means the folder itself. The entries of one call do not depend on each other and are worked on at the same time.
 * What cannot be reached (nothing there, or something that is no directory on the way) is a value; any other failure throws `TREE_FAILED`
 * with operation, path and reason. Changing calls leave it to the caller which outcomes it expects.
 */
export interface Tree {
  readonly path: string
  lstat(paths: readonly Buffer[]): Promise<(EntryStat | null)[]>
  /** The types alone, for much less than all of the attributes. */
  types(paths: Paths): Promise<(EntryType | null)[]>
  /** Without `.` and `..`; null where there is no directory. */
  readdir(paths: readonly Buffer[]): Promise<(TreeEntry[] | null)[]>
  /** Raw values, in the order of `names`; null where there is none. */
  getXattrs(paths: readonly Buffer[], names: readonly string[]): Promise<(readonly (Buffer | null)[])[]>

  unlink(paths: Paths): Promise<Outcome[]>
  rmdir(paths: Paths): Promise<Outcome[]>
  mkdir(paths: Paths, mode: number): Promise<Outcome[]>
  /** `from[i]` here becomes `to[i]` beneath `target`. Replaces nothing: `EEXIST` where something is there. */
  rename(from: Paths, target: Tree, to: Paths): Promise<Outcome[]>
  link(from: Paths, to: Paths): Promise<Outcome[]>

  chown(path: Buffer, uid: number, gid: number): void
  chmod(path: Buffer, mode: number): void
  setMtime(path: Buffer, mtimeNs: bigint): void
  setXattr(path: Buffer, name: string, value: Buffer): void
  removeXattr(path: Buffer, name: string): void

  /** Everything written to the file system so far is on disk when it settles. */
  sync(): Promise<void>
  close(): void
}

/** Outcomes of a path that leads nowhere: nothing there, or something that is no directory on the way. */
export const UNREACHABLE = ['ENOENT', 'ENOTDIR', 'ELOOP'] as const

export function isUnreachable(outcome: Outcome): boolean {
  return (UNREACHABLE as readonly Outcome[]).includes(outcome)
}
