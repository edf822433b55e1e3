import type { ContentColumns } from './binding.js'
/**
 * The compiled addon's exports as they are. A synchronous call answers a negative errno or its value; a promise rejects with an Error that
 * has `errno` and `syscall`. Everything else uses the typed binding instead, which turns both into an ErrnoError.
 */
export interface NativeAddon {
  openRoot(path: Uint8Array): number
  closeRoot(fd: number): number
  openFile(root: number, path: Uint8Array, flags: number, mode: number): number
  syncfs(fd: number): Promise<void>
  setOpenat2Enabled(enabled: boolean): void

  /** The fields of FileStat in their order, as 64 bits each. */
  lstat(root: number, path: Uint8Array): BigInt64Array | number
  readdir(root: number, path: Uint8Array): { names: NativePathList; types: Uint8Array } | number
  readlink(root: number, path: Uint8Array): Buffer | number

  rename(root: number, path: Uint8Array, toRoot: number, toPath: Uint8Array, noReplace: boolean): number
  link(root: number, path: Uint8Array, toRoot: number, toPath: Uint8Array): number
  unlink(root: number, path: Uint8Array): number
  rmdir(root: number, path: Uint8Array): number
  mkdir(root: number, path: Uint8Array, mode: number): number
  symlink(root: number, path: Uint8Array, target: Uint8Array): number
  mknod(root: number, path: Uint8Array, mode: number, major: number, minor: number): number
  chmod(root: number, path: Uint8Array, mode: number): number
  chown(root: number, path: Uint8Array, uid: number, gid: number): number
  utimes(root: number, path: Uint8Array, atimeNs: bigint | null, mtimeNs: bigint): number

  /** Names, each ended by a NUL. */
  listXattr(root: number, path: Uint8Array): Buffer | number
  getXattr(root: number, path: Uint8Array, name: Uint8Array): Buffer | number
  setXattr(root: number, path: Uint8Array, name: Uint8Array, value: Uint8Array): number
  removeXattr(root: number, path: Uint8Array, name: Uint8Array): number

  lstatBatch(root: number, bytes: Uint8Array, ends: Uint32Array, inFlight: number): Promise<NativeStatColumns>
  readdirBatch(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    inFlight: number,
  ): Promise<{ errno: Int32Array; entryStart: Uint32Array; names: NativePathList; types: Uint8Array }>
  xattrBatch(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    nameBytes: Uint8Array,
    nameEnds: Uint32Array,
    inFlight: number,
  ): Promise<{ errno: Int32Array; values: NativePathList }>
  listXattrBatch(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    inFlight: number,
  ): Promise<{ errno: Int32Array; nameStart: Uint32Array; names: NativePathList }>
  namespaceBatch(
    change: number,
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    toRoot: number,
    toBytes: Uint8Array,
    toEnds: Uint32Array,
    mode: number,
    noReplace: boolean,
    inFlight: number,
  ): Promise<Int32Array>

  xxh128Blocks(bytes: Uint8Array, blockSize: number): Buffer
  xxh128File(
    fd: number,
    offset: bigint,
    length: number,
    blockSize: number,
    memory: Uint8Array | null,
    expected: Uint8Array | null,
  ): Promise<{ digests: Uint8Array; zero: Uint8Array; bytes: number }>
  contentDigests(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    sizes: BigInt64Array,
    partStarts: BigInt64Array,
    partEnds: BigInt64Array,
    blockBytes: number,
    stop: Int32Array,
    inFlight: number,
  ): Promise<ContentColumns>
  /** Start and end, or nothing. */
  findExtent(fd: number, start: bigint, end: bigint, gap: bigint): Promise<BigInt64Array>
  seekData(fd: number, offset: bigint): bigint | number
  seekHole(fd: number, offset: bigint): bigint | number
  punchHole(fd: number, offset: bigint, length: bigint): number
  writeAt(fd: number, bytes: Uint8Array, offset: bigint): number
  truncateTo(fd: number, size: bigint): number
  openPipe(capacityBytes: number): [number, number] | number
  widenPipe(fd: number, capacityBytes: number): number
  readFull(fd: number, bytes: Uint8Array): number
  copyBytes(from: Uint8Array, start: number, to: Uint8Array, at: number, count: number): void

  openLustreapi(
    paths: readonly string[],
  ): { ok: true; path: string; missing: string[] } | { ok: false; tried: { path: string; error: string }[] }
  Changelog: new (mdtname: Uint8Array, startRecno: bigint) => NativeChangelog
  changelogClear(mdtname: Uint8Array, user: Uint8Array, endRecno: bigint): Promise<void>
  fid2path(
    mount: Uint8Array,
    fids: Uint8Array,
    maxLinks: number,
    inFlight: number,
  ): Promise<{ errno: Int32Array; linkStart: Uint32Array; paths: NativePathList }>
  path2fid(root: number, bytes: Uint8Array, ends: Uint32Array, inFlight: number): Promise<{ errno: Int32Array; fids: Uint8Array }>
  inspect(root: number, bytes: Uint8Array, ends: Uint32Array, types: Uint8Array, inFlight: number): Promise<NativeInspectColumns>
  path2parent(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    inFlight: number,
  ): Promise<{ errno: Int32Array; linkStart: Uint32Array; parents: Uint8Array; names: NativePathList }>
  dataVersion(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    flags: bigint,
    inFlight: number,
  ): Promise<{ errno: Int32Array; versions: BigUint64Array }>
  hsmState(
    root: number,
    bytes: Uint8Array,
    ends: Uint32Array,
    inFlight: number,
  ): Promise<{ errno: Int32Array; states: Uint32Array; archiveIds: Uint32Array }>
  obdCount(mount: Uint8Array, isMdt: boolean): Promise<number>
  searchFsname(path: Uint8Array): Promise<string>
}

export interface NativePathList {
  bytes: Uint8Array
  ends: Uint32Array
}

export interface NativeChangelog {
  read(buffer: Uint8Array): Promise<number>
  close(): void
}

export interface NativeInspectColumns {
  fids: { errno: Int32Array; fids: Uint8Array }
  stats: NativeStatColumns
  acls: { start: Uint32Array; errno: Int32Array; isDefault: Uint8Array; values: NativePathList }
}

export interface NativeStatColumns {
  errno: Int32Array
  mode: Uint32Array
  uid: Uint32Array
  gid: Uint32Array
  nlink: Uint32Array
  rdevMajor: Uint32Array
  rdevMinor: Uint32Array
  size: BigInt64Array
  blocks: BigInt64Array
  mtimeNs: BigInt64Array
  ctimeNs: BigInt64Array
  atimeNs: BigInt64Array
  ino: BigUint64Array
  dev: BigUint64Array
}
