import type { PathList } from './path-list.js'

/**
 * What the addon offers, typed. Three groups: single system calls beneath a root, batches of them, and calls of liblustreapi.
 *
 * A root is a descriptor from `openRoot`. A path is bytes, relative to its root, without leading slash; the empty path is the root itself.
 * No component of a path is ever followed if it is a symlink: ELOOP. A path with "..", an empty component, "." or a NUL is refused.
 */
export interface Lustreapi extends BeneathCalls, DescriptorCalls, DigestCalls, BatchCalls, LustreCalls {}

/** Single calls. They throw an ErrnoError, whose `path` is the path as given. */
export interface BeneathCalls {
  /** Opens a directory as a root. Symlinks in `path` itself are followed: it comes from the configuration. */
  openRoot(path: string | Uint8Array): number
  closeRoot(root: number): void
  /**
   * Opens a regular file or a directory, ELOOP for a symlink, ENXIO for anything else (so it never waits for a fifo and never touches a
   * device). `flags` are those of `fs.constants`. Close the descriptor with `fs.close`.
   */
  openFile(root: number, path: Uint8Array, flags: number, mode?: number): number

  lstat(root: number, path: Uint8Array): FileStat
  /** Names without "." and "..", in the order of the file system. */
  readdir(root: number, path: Uint8Array): Buffer[]
  /** Names with their types, `DT_…`. */
  readdirTypes(root: number, path: Uint8Array): { readonly name: Buffer; readonly type: number }[]
  readlink(root: number, path: Uint8Array): Buffer

  /**
   * With `noReplace` an existing target gives EEXIST. Where the file system has no such flag (Lustre, older ZFS) the target is looked up
   * first, which protects against mistakes but not against another process.
   */
  rename(fromRoot: number, from: Uint8Array, toRoot: number, to: Uint8Array, options?: { readonly noReplace?: boolean }): void
  /** A new link `to` for the inode at `from`; a symlink itself is linked. */
  link(fromRoot: number, from: Uint8Array, toRoot: number, to: Uint8Array): void
  unlink(root: number, path: Uint8Array): void
  rmdir(root: number, path: Uint8Array): void
  /** The umask applies. */
  mkdir(root: number, path: Uint8Array, mode?: number): void
  /** `target` is any bytes but NUL, stored as they are. */
  symlink(root: number, path: Uint8Array, target: Uint8Array): void
  /** `mode` holds the type: `S_IFIFO`, `S_IFSOCK`, `S_IFCHR`, `S_IFBLK` or `S_IFREG`. The umask applies. */
  mknod(root: number, path: Uint8Array, mode: number, rdevMajor?: number, rdevMinor?: number): void

  /** EOPNOTSUPP (95, `ENOTSUP`) for a symlink, which has no mode of its own. */
  chmod(root: number, path: Uint8Array, mode: number): void
  /** The owner of the entry itself. `null` leaves one as it is. */
  chown(root: number, path: Uint8Array, uid: number | null, gid: number | null): void
  /** Nanoseconds since 1970; `null` leaves the atime as it is. */
  utimes(root: number, path: Uint8Array, atimeNs: bigint | null, mtimeNs: bigint): void

  listXattr(root: number, path: Uint8Array): Buffer[]
  /** `null` if the entry has no such attribute. */
  getXattr(root: number, path: Uint8Array, name: string | Uint8Array): Buffer | null
  setXattr(root: number, path: Uint8Array, name: string | Uint8Array, value: Uint8Array): void
  /** ENODATA if there is none. */
  removeXattr(root: number, path: Uint8Array, name: string | Uint8Array): void

  /** Writes everything of the file system that `fd` is on to its disks. */
  syncfs(fd: number): Promise<void>

  /** For tests: false resolves paths component by component, as kernels before 5.6 need it. For the whole process. */
  setOpenat2Enabled(enabled: boolean): void
}

/** Calls on the descriptor of an open file, with offsets of 64 bits. They throw an ErrnoError. */
export interface DescriptorCalls {
  /** The first offset from `offset` on that holds data; null if only a hole follows. Changes the file position. */
  seekData(fd: number, offset: bigint): bigint | null
  /** The first offset from `offset` on that is in a hole; the end of the file counts as one. null beyond it. Changes the file position. */
  seekHole(fd: number, offset: bigint): bigint | null
  /** Frees a part of the file, which then reads as zeros; the size stays. EOPNOTSUPP (95, `ENOTSUP`) where the file system cannot. */
  punchHole(fd: number, offset: bigint, length: bigint): void
  /** Writes all of `bytes`, which may be shared memory. */
  writeAt(fd: number, bytes: Uint8Array, offset: bigint): void
  truncateTo(fd: number, size: bigint): void
  /** A pipe that holds `capacityBytes`, or as much as the system allows. Its ends are not inherited by children unless given to them. */
  openPipe(capacityBytes: number): { readonly readFd: number; readonly writeFd: number }
  /** Makes a pipe hold more; does nothing to what is no pipe. */
  widenPipe(fd: number, capacityBytes: number): void
  /** Reads from a stream until `bytes`, which may be shared memory, are full or the stream ends, and waits as long: for threads of their own. */
  readFull(fd: number, bytes: Uint8Array): number
  /** Copies `count` bytes, from or to shared memory at the full speed that `Uint8Array.set` does not have there. No other thread may use these bytes meanwhile. */
  copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, count: number): void
}

/** Computing off the interpreter. */
export interface DigestCalls {
  /** XXH128 (seed 0, canonical form) of each block of `bytes`, which may be shared memory. */
  xxh128Blocks(bytes: Uint8Array, blockSize: number): Buffer
  /**
   * Reads `length` bytes of a file on another thread and hashes its blocks as xxh128Blocks does. `memory`, which
   * may be shared memory, gets what was read of blocks with other digests than `expected`, or of all blocks without. `bytes` is less than `length` where the file ends before; what lies beyond has no digests.
   */
  xxh128File(part: FilePart, memory?: Uint8Array | null, expected?: Uint8Array | null): Promise<FileDigests>
  /**
   * Reads and hashes parts of files, without following a symlink: of each XXH128 of its blocks, and where these are several, of their digests one after
   * the other. Holes of large parts are zeros that are not read. A part that fails is a row, never the failure of all.
   */
  contentDigests(root: number, parts: ContentParts, options: ContentOptions): Promise<ContentColumns>
  /** Where data begin and end at or after `start`; null where only a hole follows up to `end`. Data nearer than `gap` to each other count as one. */
  findExtent(fd: number, start: bigint, end: bigint, gap: bigint): Promise<{ readonly start: bigint; readonly end: bigint } | null>
}

export interface FilePart {
  readonly fd: number
  readonly offset: bigint
  readonly length: number
  readonly blockSize: number
}

export interface FileDigests {
  readonly digests: Uint8Array
  /** 1 for each block that holds nothing but zeros. */
  readonly zero: Uint8Array
  readonly bytes: number
}

/** Parts of files beneath a root, a row each. */
export interface ContentParts {
  readonly paths: PathList
  /** What the whole file should have. */
  readonly sizes: BigInt64Array
  /** The part: from here, up to there. */
  readonly starts: BigInt64Array
  readonly ends: BigInt64Array
}

export interface ContentOptions {
  /** At least 241. */
  readonly blockBytes: number
  /** Threads that read and hash. */
  readonly inFlight: number
  /** May be shared memory: once its first number is not 0, what is left fails with ECANCELED. */
  readonly stop: Int32Array
}

/** A row for each part. */
export interface ContentColumns {
  /** 0, or why the part could not be read. */
  readonly errno: Int32Array
  /** Of the whole file; -1 = it could not be opened. Where it is not what it should be, nothing was read. */
  readonly size: BigInt64Array
  /** How much was read; less than the part has where the file ends before. */
  readonly bytes: BigInt64Array
  /** 16 bytes each; they count where there is no errno, and size and bytes are what they should be. */
  readonly digests: Uint8Array
}

export interface FileStat {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly nlink: number
  readonly rdevMajor: number
  readonly rdevMinor: number
  readonly size: bigint
  /** In units of 512 bytes. */
  readonly blocks: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly atimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
}

export interface BatchOptions {
  /** How many items are under way at once, each on its own thread: 1 to 512, default 32. */
  readonly inFlight?: number
}

/**
 * Batches. Column i of a result belongs to path i of the list; `errno[i]` is 0 or says why item i has no result. One item never fails
 * another. The lists are copied when the call is made. A batch rejects only if all of it failed: no memory, a closed root.
 */
export interface BatchCalls {
  lstatBatch(root: number, paths: PathList, options?: BatchOptions): Promise<StatColumns>
  /** All entries of each directory, sorted by the bytes of their names, or none and an errno. */
  readdirBatch(root: number, directories: PathList, options?: BatchOptions): Promise<DirectoryColumns>
  /** The values of each (path, name): pair `path * names.length + name`. */
  xattrBatch(root: number, paths: PathList, names: readonly (string | Uint8Array)[], options?: BatchOptions): Promise<XattrColumns>
  listXattrBatch(root: number, paths: PathList, options?: BatchOptions): Promise<XattrNameColumns>
  /** Renames or links path i of `paths` to path i of `toPaths`, or changes it. The items must not depend on each other. Gives the errnos. */
  namespaceBatch(change: NamespaceChange, options?: BatchOptions): Promise<Int32Array>
}

export type NamespaceChange =
  | {
      readonly op: 'rename'
      readonly root: number
      readonly paths: PathList
      readonly toRoot: number
      readonly toPaths: PathList
      readonly noReplace?: boolean
    }
  | { readonly op: 'link'; readonly root: number; readonly paths: PathList; readonly toRoot: number; readonly toPaths: PathList }
  | { readonly op: 'unlink' | 'rmdir'; readonly root: number; readonly paths: PathList }
  | { readonly op: 'mkdir'; readonly root: number; readonly paths: PathList; readonly mode?: number }

export interface StatColumns {
  readonly errno: Int32Array
  readonly mode: Uint32Array
  readonly uid: Uint32Array
  readonly gid: Uint32Array
  readonly nlink: Uint32Array
  readonly rdevMajor: Uint32Array
  readonly rdevMinor: Uint32Array
  readonly size: BigInt64Array
  readonly blocks: BigInt64Array
  readonly mtimeNs: BigInt64Array
  readonly ctimeNs: BigInt64Array
  readonly atimeNs: BigInt64Array
  readonly ino: BigUint64Array
  readonly dev: BigUint64Array
}

export interface DirectoryColumns {
  readonly errno: Int32Array
  /** Entries of directory i: `entryStart[i]` up to `entryStart[i + 1]`, sorted by the bytes of their names. */
  readonly entryStart: Uint32Array
  readonly names: PathList
  /** `DT_…` of each entry; unknown types were looked up. */
  readonly types: Uint8Array
}

export interface XattrColumns {
  /** 61 (ENODATA): the entry has no such attribute. */
  readonly errno: Int32Array
  readonly values: PathList
}

export interface XattrNameColumns {
  readonly errno: Int32Array
  readonly nameStart: Uint32Array
  readonly names: PathList
}

/** Types of directory entries. */
export const DT_FIFO = 1
export const DT_CHR = 2
export const DT_DIR = 4
export const DT_BLK = 6
export const DT_REG = 8
export const DT_LNK = 10
export const DT_SOCK = 12

/** An open changelog; `close` it, collecting it does so too. */
export interface ChangelogHandle {
  readonly mdtname: string
  /** See `changelogRead`. */
  read(buffer: Uint8Array): Promise<number>
  close(): void
}

/**
 * Calls of liblustreapi. `openLustreapi` comes first, once in each thread; before it, and for calls that the opened library lacks, they
 * throw a LustreapiError. FIDs are 16 bytes each, as on the wire: u64 sequence, u32 object, u32 version, little-endian.
 */
export interface LustreCalls {
  /** Opens the first library of `paths` that loads; without `paths`, the usual places. */
  openLustreapi(paths?: readonly string[]): OpenedLustreapi

  /** Opens the changelog of an MDT (`FSNAME-MDT0000`) at the first record with a number from `startRecno` on. */
  changelogOpen(mdtname: string, startRecno: bigint): ChangelogHandle
  /**
   * Reads whole packed records into `buffer`, as many as are there and fit, and gives their bytes; 0 at the end of the log. `buffer` must
   * hold CHANGELOG_BUFFER_MIN bytes and stay the caller's until then. One read of a log at a time: EBUSY. EBADMSG: the log ends within a record.
   * EPROTO: that is no record, or one with an extension of a newer Lustre.
   */
  changelogRead(handle: ChangelogHandle, buffer: Uint8Array): Promise<number>
  changelogClose(handle: ChangelogHandle): void
  /** Gives up the records up to and including `endRecno` on behalf of `user`. `endRecno` 0, which means everything, is refused. */
  changelogClear(mdtname: string, user: string, endRecno: bigint): Promise<void>

  /**
   * All links of each FID, as paths below the mount. `maxLinks` 0 = all. ENOENT (2): no such inode. A link that cannot be resolved is left
   * out when others can: compare with `nlink`.
   */
  fid2path(mount: string | Uint8Array, fids: Uint8Array, options?: BatchOptions & { readonly maxLinks?: number }): Promise<LinkPathColumns>
  /** The FID of each entry itself. ENODATA (61): not on Lustre. */
  path2fid(root: number, paths: PathList, options?: BatchOptions): Promise<FidColumns>
  /**
   * FID, attributes and ACLs of each entry itself, in one look at each. Without a FID a row has nothing else to go by. `types`: the `DT_…` of each entry
   * where they are known, which must not change meanwhile: that saves a system call for each.
   */
  inspect(root: number, paths: PathList, options?: BatchOptions & { readonly types?: Uint8Array | null }): Promise<InspectColumns>
  /** All links of the inode at each path, as (parent FID, name). ENODATA (61): none, as for the root of a file system. */
  path2parent(root: number, paths: PathList, options?: BatchOptions): Promise<LinkParentColumns>
  /** `flags`: DATA_VERSION_FLUSH first makes writers flush. ELOOP and ENXIO for what is neither file nor directory. */
  dataVersion(root: number, paths: PathList, options?: BatchOptions & { readonly flags?: number }): Promise<DataVersionColumns>
  hsmState(root: number, paths: PathList, options?: BatchOptions): Promise<HsmStateColumns>

  /** How many MDTs or OSTs the file system has. */
  obdCount(mount: string | Uint8Array, kind: 'mdt' | 'ost'): Promise<number>
  /** The name of the file system that a path is on. */
  searchFsname(path: string | Uint8Array): Promise<string>
}

export type OpenedLustreapi =
  | {
      readonly ok: true
      readonly path: string
      /** Symbols that this library lacks: only the calls that need them fail. */
      readonly missing: readonly string[]
    }
  | { readonly ok: false; readonly tried: readonly { readonly path: string; readonly error: string }[]; readonly hint: string }

/** Any record fits into this many bytes. */
export const CHANGELOG_BUFFER_MIN = 2048

export const DATA_VERSION_FLUSH = 1
export const DATA_VERSION_DROP = 2

/** Bits of `HsmStateColumns.states`. */
export const HSM_EXISTS = 0x1
export const HSM_DIRTY = 0x2
export const HSM_RELEASED = 0x4
export const HSM_ARCHIVED = 0x8
export const HSM_LOST = 0x40

export const FID_BYTES = 16

export interface LinkPathColumns {
  readonly errno: Int32Array
  /** Links of FID i: `linkStart[i]` up to `linkStart[i + 1]`. */
  readonly linkStart: Uint32Array
  /** The root of the file system gives the empty path. */
  readonly paths: PathList
}

export interface FidColumns {
  readonly errno: Int32Array
  /** 16 bytes each; zero where there is an errno. */
  readonly fids: Uint8Array
}

export interface InspectColumns {
  readonly fids: FidColumns
  readonly stats: StatColumns
  readonly acls: AclColumns
}

/** The ACLs that entries have, as the kernel gives them. Symlinks have none, only directories a default one. */
export interface AclColumns {
  /** ACLs of entry i: `start[i]` up to `start[i + 1]`. */
  readonly start: Uint32Array
  /** Of each ACL: 0, or why it could not be read. */
  readonly errno: Int32Array
  /** Of each ACL: 1 for that which new entries of a directory get. */
  readonly isDefault: Uint8Array
  readonly values: PathList
}

export interface LinkParentColumns {
  readonly errno: Int32Array
  readonly linkStart: Uint32Array
  /** 16 bytes for each link. */
  readonly parents: Uint8Array
  readonly names: PathList
}

export interface DataVersionColumns {
  readonly errno: Int32Array
  readonly versions: BigUint64Array
}

export interface HsmStateColumns {
  readonly errno: Int32Array
  readonly states: Uint32Array
  readonly archiveIds: Uint32Array
}
