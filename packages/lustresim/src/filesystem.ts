import { lstatSync, readFileSync } from 'node:fs'
import * as attributes from './attribute-ops.js'
import { formatFid } from './fid.js'
import * as files from './file-ops.js'
import { type FilesystemConfig, FsCore, type Identity } from './fs-core.js'
import * as hsm from './hsm-ops.js'
import { pathOf } from './inode.js'
import { mdtName } from './layout.js'
import { migrateDirectory } from './migrate-ops.js'
import * as namespace from './namespace-ops.js'
import { reconcile } from './reconcile-run.js'
import type { ChangelogRecord } from './record-codec.js'
import { normalize, type SimPath } from './sim-path.js'
import { Snapshots } from './snapshots.js'

export interface FilesystemEnvironment {
  readonly now: () => bigint
  readonly randomFsname: () => string
  readonly faultsPath: string
}

/**
 * One simulated Lustre file system. Operations act at once on the real tree under `live`; what they add to the index and the
 * changelogs is in memory until `flush`. Commands, the C library and other processes see it after that. (A timer flushes as well,
 * a moment after the last tick that operated.)
 */
export class SimFilesystem {
  readonly core: FsCore
  readonly snapshots: Snapshots

  constructor(dir: string, config: FilesystemConfig, environment: FilesystemEnvironment) {
    this.core = new FsCore(dir, config, environment.now)
    this.core.reconcile = () => reconcile(this.core)
    this.snapshots = new Snapshots(this.core, environment.faultsPath, environment.randomFsname)
  }

  get name(): string {
    return this.core.config.name
  }

  /** The real folder of the live tree: what a client mount shows. */
  get live(): string {
    return this.core.paths.live
  }

  // ---- who acts

  /** The following operations carry this identity in their records. */
  setIdentity(identity: Partial<Identity>): void {
    this.core.identity = { ...this.core.identity, ...identity }
  }

  // ---- files

  create(path: SimPath, options: Omit<files.OpenOptions, 'create' | 'write'> = {}): string {
    const handle = this.open(path, { ...options, create: true, write: true })
    this.close(handle)
    return formatFid(handle.key.inode.fid)
  }

  open(path: SimPath, options: files.OpenOptions = { read: true }): files.Handle {
    return files.openFile(this.core, normalize(path), options)
  }

  /** No record: writes are seen by the open and the close only. */
  write(handle: files.Handle, offset: number, data: string | Buffer, options: files.WriteOptions = {}): void {
    files.writeOpen(this.core, handle, offset, Buffer.from(data), options)
  }

  ftruncate(handle: files.Handle, size: number): void {
    files.truncateOpen(this.core, handle, size)
  }

  close(handle: files.Handle): void {
    files.closeFile(this.core, handle)
  }

  /** Opens for a process that this one does not know more about: the open outlives this process, until `closeAll`. */
  leaveOpen(path: SimPath, options: files.OpenOptions): void {
    files.detach(this.open(path, options))
  }

  closeAll(path: SimPath): void {
    files.closeAllOpens(this.core, this.core.lookup(normalize(path)))
  }

  /** The whole content, through open(O_CREAT|O_TRUNC), write and close, as a shell's `>` does. */
  writeFile(path: SimPath, data: string | Buffer, options: files.OpenOptions & files.WriteOptions = {}): string {
    return formatFid(files.writeWhole(this.core, normalize(path), Buffer.from(data), options).fid)
  }

  /** Writes into an existing file in place: open, write, close. */
  overwrite(path: SimPath, offset: number, data: string | Buffer, options: files.OpenOptions & files.WriteOptions = {}): void {
    const handle = this.open(path, { write: true, ...options })
    this.write(handle, offset, data, options)
    this.close(handle)
  }

  append(path: SimPath, data: string | Buffer, options: files.OpenOptions & files.WriteOptions = {}): void {
    const handle = this.open(path, { append: true, create: true, ...options })
    this.write(handle, handle.key.inode.size, data, options)
    this.close(handle)
  }

  truncate(path: SimPath, size: number): void {
    const handle = this.open(path, { write: true, create: true })
    this.ftruncate(handle, size)
    this.close(handle)
  }

  /** Opens and closes for reading, which Lustre records as well. */
  read(path: SimPath): Buffer {
    const handle = this.open(path, { read: true })
    const data = readFileSync(`/proc/self/fd/${handle.fd}`)
    this.close(handle)
    return data
  }

  /** `touch`: open, set the times to now, close. */
  touch(path: SimPath): void {
    const handle = this.open(path, { write: true, create: true })
    this.utimes(path, this.core.seconds(), this.core.seconds())
    this.close(handle)
  }

  /** Clients give their cached opens of a file (or of all) back: the CLOSE records come now. */
  dropOpenCache(path?: SimPath): void {
    files.dropOpenCache(this.core, path === undefined ? null : this.core.lookup(normalize(path)))
  }

  /** All clients write their dirty data back. */
  sync(): void {
    files.syncAll(this.core)
  }

  // ---- attributes

  chmod(path: SimPath, mode: number): void {
    attributes.changeMode(this.core, normalize(path), mode)
  }

  chown(path: SimPath, uid: number | null, gid: number | null): void {
    attributes.changeOwner(this.core, normalize(path), uid, gid)
  }

  utimes(path: SimPath, atimeSeconds: number, mtimeSeconds: number): void {
    attributes.changeTimes(this.core, normalize(path), atimeSeconds, mtimeSeconds)
  }

  setxattr(path: SimPath, name: string, value: string | Buffer): void {
    attributes.setAttribute(this.core, normalize(path), name, Buffer.from(value))
  }

  removexattr(path: SimPath, name: string): void {
    attributes.removeAttribute(this.core, normalize(path), name)
  }

  /** `setfacl ARGS` on one entry. */
  setfacl(path: SimPath, args: readonly string[]): void {
    attributes.setFacl(this.core, normalize(path), args)
  }

  /** The MDTs forget which inodes they have recorded: the next utimes of each gives MTIME again. */
  dropMdtCache(): void {
    attributes.dropMdtCache(this.core)
  }

  hsmSet(path: SimPath, options: hsm.HsmOptions): void {
    hsm.setHsmState(this.core, normalize(path), options)
  }

  hsmRelease(path: SimPath): void {
    hsm.release(this.core, normalize(path))
  }

  hsmRestore(path: SimPath): void {
    hsm.restore(this.core, normalize(path))
  }

  // ---- names

  mkdir(path: SimPath, options: namespace.MkdirOptions = {}): string {
    return formatFid(namespace.makeDirectory(this.core, normalize(path), options).fid)
  }

  symlink(target: SimPath, path: SimPath): string {
    return formatFid(namespace.makeSymlink(this.core, Buffer.from(target), normalize(path)).fid)
  }

  mknod(path: SimPath, type: namespace.SpecialType, options: namespace.MknodOptions = {}): string {
    return formatFid(namespace.makeSpecial(this.core, normalize(path), type, options).fid)
  }

  link(existing: SimPath, path: SimPath): void {
    namespace.makeLink(this.core, normalize(existing), normalize(path))
  }

  rename(from: SimPath, to: SimPath): void {
    namespace.renameEntry(this.core, normalize(from), normalize(to))
  }

  unlink(path: SimPath): void {
    namespace.removeFile(this.core, normalize(path))
  }

  rmdir(path: SimPath): void {
    namespace.removeDirectory(this.core, normalize(path))
  }

  /** `lfs migrate -m`: a folder with everything below goes to another MDT and gets new FIDs. */
  migrate(path: SimPath, mdtIndex: number): void {
    migrateDirectory(this.core, normalize(path), mdtIndex)
  }

  // ---- changelog

  /** Registers a changelog user on one MDT, or on all; nothing is logged before. Returns the id, `cl1` for the first. */
  registerChangelog(mdtIndex?: number, name: string | null = null): string {
    this.core.begin()
    const logs = mdtIndex === undefined ? this.core.logs : [this.core.logs[mdtIndex]!]
    return logs.map((log) => log.register(this.core.seconds(), name, null)).at(-1)!
  }

  deregisterChangelog(id: string, mdtIndex?: number): boolean {
    this.core.begin()
    const logs = mdtIndex === undefined ? this.core.logs : [this.core.logs[mdtIndex]!]
    return logs.map((log) => log.deregister(id)).every(Boolean)
  }

  /** The records that an MDT's log holds now. */
  records(mdtIndex: number): ChangelogRecord[] {
    return this.core.query(() => this.core.logs[mdtIndex]!.records())
  }

  /** Fault: the oldest records, up to `index`, are lost; a gap. */
  loseRecords(mdtIndex: number, index: number): void {
    this.core.begin()
    this.core.logs[mdtIndex]!.dropThrough(index)
  }

  /** Fault: records in the middle are lost. */
  loseRecordRange(mdtIndex: number, from: number, to: number): void {
    this.core.begin()
    this.core.logs[mdtIndex]!.dropRange(from, to)
  }

  mdtNames(): string[] {
    return this.core.logs.map((_, at) => `${this.name}-${mdtName(at)}`)
  }

  // ---- looking

  fidOf(path: SimPath): string {
    return this.core.query(() => formatFid(this.core.lookup(normalize(path)).fid))
  }

  exists(path: SimPath): boolean {
    return lstatSync(this.core.real(normalize(path)), { throwIfNoEntry: false }) !== undefined
  }

  /** What the servers have now (after a flush, what the client wrote). */
  dataVersionOf(path: SimPath): number {
    return this.core.query(() => {
      const inode = this.core.lookup(normalize(path))
      this.core.settlePending(inode)
      return inode.dataVersion
    })
  }

  /** Every name in the tree with its FID, in the order of the paths, for people and tests. */
  tree(): { readonly path: Buffer; readonly fid: string }[] {
    const entries = this.core.query(() =>
      [...this.core.inodes.values()].flatMap((inode) => {
        const links = inode.links.length > 0 ? inode.links : [undefined]
        return links.map((link) => ({ path: Buffer.from(pathOf(inode, link), 'latin1'), fid: formatFid(inode.fid) }))
      }),
    )
    return entries.sort((a, b) => Buffer.compare(a.path, b.path))
  }

  // ---- the outside

  /** Adopts what other programs changed in the live tree. */
  reconcile(): void {
    reconcile(this.core)
  }

  /** Makes all operations so far visible to commands, to the C library and to other processes. */
  flush(options: { readonly reconcile?: boolean } = {}): void {
    if (options.reconcile) this.reconcile()
    this.core.flush()
  }

  /** Takes a snapshot, with what other programs changed. */
  snapshot(name: string, options?: Parameters<Snapshots['create']>[1]): ReturnType<Snapshots['create']> {
    return this.snapshots.create(name, options)
  }
}
