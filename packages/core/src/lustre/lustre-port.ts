import type {
  DataVersionColumns,
  DirectoryColumns,
  FidColumns,
  HsmStateColumns,
  InspectColumns,
  LinkPathColumns,
  StatColumns,
  XattrColumns,
} from '@lustrebackup/lustreapi/binding'
import type { PathList } from '@lustrebackup/lustreapi/path-list'

/**
 * A mounted file system, live or a snapshot, asked in batches: many requests are under way at once, because each is a round trip to a server.
 * Paths are relative to the mount point. Column i of a result belongs to item i; its `errno` is 0 or says why there is none.
 */
export interface LustreTree {
  readonly mountPoint: string
  /** Paths of each FID (16 bytes each), all of them unless `maxLinks` says how many. ENOENT: the file system has no such inode. */
  fid2path(fids: Uint8Array, maxLinks?: number): Promise<LinkPathColumns>
  path2fid(paths: PathList): Promise<FidColumns>
  /** FID, attributes and ACLs of each, in one look. Where readdir has just told the types, they save a question each. */
  inspect(paths: PathList, types?: Uint8Array | null): Promise<InspectColumns>
  lstat(paths: PathList): Promise<StatColumns>
  xattrs(paths: PathList, names: readonly string[]): Promise<XattrColumns>
  dataVersions(paths: PathList): Promise<DataVersionColumns>
  /** The same, after the clients have written out what they hold of these files. */
  flush(paths: PathList): Promise<DataVersionColumns>
  /** Opens each file, but not for its data: a released one stays released. */
  hsmStates(paths: PathList): Promise<HsmStateColumns>
  /** The entries of a directory are sorted by the bytes of their names. */
  readdir(directories: PathList): Promise<DirectoryColumns>
  close(): void
}

/** An open changelog. */
export interface ChangelogReader {
  /** Whole packed records, as many as fit into `buffer`: their bytes, 0 at the end of the log. */
  read(buffer: Uint8Array): Promise<number>
  close(): void
}

/** What the backup asks of Lustre itself. Errors are `LustrebackupError`s that name the MDT or the mount point. */
export interface Lustre {
  openTree(mountPoint: string): LustreTree
  /** `mdtname` is `FSNAME-MDT0000`; the first record has an index of `startRecno` or more. */
  openChangelog(mdtname: string, startRecno: bigint): ChangelogReader
  /**
   * Gives up the records up to `endRecno` (at least 1) of a live MDT.
   * 'done', 'refused' when Lustre finds the number out of range (beyond the last record, or cleared by this user already), or 'no-user' when the
   * user is not registered.
   */
  clearChangelog(mdtname: string, user: string, endRecno: bigint): Promise<'done' | 'refused' | 'no-user'>
  mdtCount(mountPoint: string): Promise<number>
}
