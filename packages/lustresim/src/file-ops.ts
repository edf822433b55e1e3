import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { FsCore } from './fs-core.js'
import { type Inode, isDirectory, isRegular } from './inode.js'
import type { OpenKey } from './open-table.js'
import { placeEntry } from './placement.js'
import { AttributeFlag, OpenFlag, RecordType } from './record-types.js'
import { splitPath } from './sim-path.js'

export interface OpenOptions {
  readonly read?: boolean
  readonly write?: boolean
  readonly append?: boolean
  readonly truncate?: boolean
  readonly create?: boolean
  readonly exclusive?: boolean
  readonly exec?: boolean
  /** Permissions of a new file; without it 0644, or what a default ACL gives. */
  readonly mode?: number
  /** The client keeps the open: this one is recorded (if none was), but no CLOSE, nor any later open and close, until `dropOpenCache`. */
  readonly cached?: boolean
}

export interface WriteOptions {
  /** The data stay in the client's cache: a snapshot gets the new size and mtime, but the old content and data version. */
  readonly unflushed?: boolean
}

/** An open file of this process. */
export interface Handle {
  readonly fd: number
  readonly key: OpenKey
}

const TRUNC_FLAGS = AttributeFlag.MTIME | AttributeFlag.CTIME | AttributeFlag.SIZE

export function openFile(core: FsCore, path: string, options: OpenOptions): Handle {
  core.begin()
  const existing = core.tryLookup(path)
  if (!existing && !options.create) throw errno('ENOENT', `lustresim: open '${path}': no such file`)
  if (existing && options.exclusive) throw errno('EEXIST', `lustresim: create '${path}': it exists`)
  if (existing && isDirectory(existing) && (options.write || options.append)) throw errno('EISDIR', `lustresim: write '${path}': a folder`)
  const { inode, fd } = existing
    ? { inode: existing, fd: openSync(core.real(path), realFlags(existing, options)) }
    : createFile(core, path, options.mode)
  const key = enterOpen(core, inode, path, openFlags(options), !existing, options.cached ?? false)
  if (options.truncate && inode.size > 0) truncateOpen(core, { fd, key }, 0)
  return { fd, key }
}

function openFlags(options: OpenOptions): number {
  const writes = options.write || options.append
  let flags = (options.read || (!writes && !options.exec) ? OpenFlag.READ : 0) | (writes ? OpenFlag.WRITE : 0)
  if (options.exec) flags |= OpenFlag.EXEC
  if (options.create) flags |= OpenFlag.CREAT
  if (options.exclusive) flags |= OpenFlag.EXCL
  if (options.truncate) flags |= OpenFlag.TRUNC
  return options.append ? flags | OpenFlag.APPEND : flags
}

function realFlags(inode: Inode, options: OpenOptions): number {
  const writes = isRegular(inode) && (options.write || options.append)
  return (writes ? constants.O_RDWR : constants.O_RDONLY) | constants.O_NONBLOCK | constants.O_NOFOLLOW
}

/** CREAT: the object is on the MDT of its folder (or of the folder's stripe). */
function createFile(core: FsCore, path: string, mode: number | undefined) {
  const { parent, name } = core.lookupParent(path)
  const fd = openSync(core.real(path), constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, mode ?? 0o644)
  if (mode !== undefined) fchmodSync(fd, mode)
  takeOwnership(core, path)
  const seconds = core.seconds()
  futimesSync(fd, seconds, seconds)
  const inode = core.enter(fstatSync(fd, { bigint: true }), parent, name, core.newFid(placeEntry(parent, name)))
  core.emitFor(inode, { type: RecordType.CREAT, pfid: parent.fid, name })
  return { inode, fd }
}

/** A new entry belongs to whoever acts, where this process may say so. */
export function takeOwnership(core: FsCore, path: string): void {
  const { uid, gid } = core.identity
  if (process.getuid?.() === 0 && (uid !== 0 || gid !== 0)) lchownSync(core.real(path), uid, gid)
}

function enterOpen(core: FsCore, inode: Inode, path: string, flags: number, isNew: boolean, cached: boolean): OpenKey {
  const { uid, gid } = core.identity
  const known = core.opens.find(inode, uid, gid, flags)
  const key = known ?? core.opens.add({ inode, uid, gid, flags, count: 0, cached })
  key.count++
  key.cached ||= cached
  if (known) return key
  const pfid = isNew ? inode.links[0]!.parent.fid : core.lookup(splitPath(path).parent).fid
  core.emitFor(inode, { type: RecordType.OPEN, flags: flags | (isNew ? OpenFlag.CREATED : 0), pfid, isOpen: true })
  return key
}

export function writeOpen(core: FsCore, handle: Handle, offset: number, data: Buffer, options: WriteOptions): void {
  core.begin()
  // What is written to a device or a pipe is no data of the file system.
  if (!isRegular(handle.key.inode)) return
  noteDataChange(core, handle.key.inode, handle.fd, options.unflushed ?? false)
  for (let done = 0; done < data.length; ) done += writeSync(handle.fd, data, done, data.length - done, offset + done)
  settle(core, handle)
}

/** No record: only the open and the close of a write are seen. A truncation is recorded at once. */
export function truncateOpen(core: FsCore, handle: Handle, size: number): void {
  core.begin()
  const { inode } = handle.key
  if (!isRegular(inode)) return
  noteDataChange(core, inode, handle.fd, false)
  ftruncateSync(handle.fd, size)
  settle(core, handle)
  const pfid = inode.links[0]?.parent.fid
  core.emitFor(inode, { type: RecordType.TRUNC, flags: TRUNC_FLAGS, ...(pfid && { pfid }) })
}

export function closeFile(core: FsCore, handle: Handle): void {
  core.begin()
  closeSync(handle.fd)
  handle.key.count--
  settleClose(core, handle.key, core.identity.jobid)
}

/** CLOSE is recorded at the last close of a key, unless the client keeps the open. */
function settleClose(core: FsCore, key: OpenKey, jobid: string | null): void {
  if (key.count > 0 || key.cached) return
  core.opens.remove(key)
  const { uid, gid } = key
  core.emitFor(key.inode, { type: RecordType.CLOSE, flags: key.flags }, { ...core.identity, jobid, uid, gid })
}

/** Lets the descriptor go; for the MDT the file stays open. */
export function detach(handle: Handle): void {
  closeSync(handle.fd)
}

export function closeAllOpens(core: FsCore, inode: Inode): void {
  for (const key of core.opens.of(inode)) {
    key.count = 0
    settleClose(core, key, core.identity.jobid)
  }
}

/** The clients give their cached opens back: CLOSE for those that nobody holds, by the lock manager's thread. */
export function dropOpenCache(core: FsCore, inode: Inode | null): void {
  core.begin()
  for (const key of inode ? core.opens.of(inode) : core.opens.all()) {
    if (!key.cached) continue
    key.cached = false
    settleClose(core, key, 'ldlm_bl.0')
  }
}

/** New data mean a new data version: at once, or, for unflushed data, when they reach the servers. */
function noteDataChange(core: FsCore, inode: Inode, fd: number, unflushed: boolean): void {
  core.settlePending(inode)
  const path = core.unflushedPath(inode)
  if (!unflushed) {
    if (inode.pendingVersion !== 0) unlinkSync(path)
    inode.pendingVersion = 0
    inode.dataVersion = core.newDataVersion()
    return
  }
  // The servers' content is what the file held before the first write that they have not seen.
  if (inode.pendingVersion === 0) copyFileSync(`/proc/self/fd/${fd}`, path)
  inode.pendingVersion = core.newDataVersion()
}

function settle(core: FsCore, { fd, key: { inode } }: Handle): void {
  const seconds = core.seconds()
  futimesSync(fd, Number(fstatSync(fd, { bigint: true }).atimeMs / 1000n), seconds)
  const st = fstatSync(fd, { bigint: true })
  Object.assign(inode, { size: Number(st.size), mtimeNs: st.mtimeNs, ctimeNs: st.ctimeNs, mode: Number(st.mode) })
}

/** All clients write their data back, as after `sync` everywhere. */
export function syncAll(core: FsCore): void {
  core.begin()
  for (const name of existsSync(core.paths.unflushed) ? readdirSync(core.paths.unflushed) : []) unlinkSync(join(core.paths.unflushed, name))
  for (const inode of core.inodes.values()) core.settlePending(inode)
}

/** A whole file in one go: what `echo > file` or `cp` does. */
export function writeWhole(core: FsCore, path: string, data: Buffer, options: OpenOptions & WriteOptions): Inode {
  const handle = openFile(core, path, { write: true, create: true, truncate: true, ...options })
  if (data.length > 0) writeOpen(core, handle, 0, data, options)
  closeFile(core, handle)
  return handle.key.inode
}

export function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
