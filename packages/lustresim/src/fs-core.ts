import { type BigIntStats, existsSync, lstatSync, lutimesSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChangelogLog } from './changelog-log.js'
import { type Fid, formatFid, mdtOf, ROOT_FID, sameFid, sequenceOf } from './fid.js'
import { decodeIndex, encodeIndex } from './index-codec.js'
import { addLink, type Inode, isDirectory, pathOf } from './inode.js'
import { type FilesystemPaths, filesystemPaths } from './layout.js'
import { type OpenKey, OpenTable, type SavedOpen } from './open-table.js'
import type { RecordInput } from './record-codec.js'
import { lock } from './sim-lock.js'
import { splitPath } from './sim-path.js'

/** Who acts: what the records of the following operations carry, and who owns what they create. `jobid` null: the server itself. */
export interface Identity {
  readonly jobid: string | null
  readonly uid: number
  readonly gid: number
  /** As in the record: 0@lo is 0x0009000000000000. */
  readonly nid: bigint
}

export const ROOT_IDENTITY: Identity = { jobid: 'lustresim.0', uid: 0, gid: 0, nid: 0x0009_0000_0000_0000n }

export interface FilesystemConfig {
  readonly name: string
  readonly mdts: number
  readonly osts: number
}

interface EngineState {
  nextOid: number[]
  roundRobin: number
  nextDataVersion: number
}

interface SavedState extends EngineState {
  readonly opens: readonly SavedOpen[]
}

/** Data versions of a real Lustre look like this: a server's transaction number. */
const FIRST_DATA_VERSION = 0x100000000
const AUTOMATIC_FLUSH_MS = 25

/**
 * The state of one file system in memory, and its way to and from the disk. Between the first operation and `flush` it holds the
 * file system's lock; at the next operation it reads again whatever another process changed meanwhile.
 */
export class FsCore {
  readonly paths: FilesystemPaths
  readonly logs: ChangelogLog[]
  inodes = new Map<number, Inode>()
  root!: Inode
  opens = new OpenTable()
  state: EngineState = { nextOid: [], roundRobin: 0, nextDataVersion: FIRST_DATA_VERSION }
  identity: Identity = ROOT_IDENTITY
  /** Set by the composition: adopts what other programs changed. */
  reconcile: () => void = () => {}
  readonly #liveLatin1: string
  /** Folders whose entries changed, with the time of the change: their mtime is set once, at the flush. */
  #touchedDirs = new Map<Inode, number>()
  #unlock: (() => void) | null = null
  #loadedVersion = ''
  #timer: NodeJS.Timeout | null = null
  #adopted = false

  constructor(
    dir: string,
    readonly config: FilesystemConfig,
    readonly now: () => bigint,
  ) {
    this.paths = filesystemPaths(dir)
    this.#liveLatin1 = Buffer.from(this.paths.live).toString('latin1')
    this.logs = Array.from({ length: config.mdts }, (_, at) => new ChangelogLog(this.paths.changelog(at)))
  }

  /** Operations are in memory that nobody else sees yet. */
  get isDirty(): boolean {
    return this.#unlock !== null
  }

  /** Starts a batch of operations: takes the lock, and loads what is on disk unless it is what is in memory. */
  begin(): void {
    if (this.#unlock) return
    this.#unlock = lock(this.paths.lock)
    try {
      const version = this.#diskVersion()
      if (version !== this.#loadedVersion) this.#load(version)
      for (const log of this.logs) log.load()
    } catch (error) {
      this.#release()
      throw error
    }
    this.#timer = setTimeout(() => this.#flushLate(), AUTOMATIC_FLUSH_MS)
    this.#timer.unref()
  }

  /** Only looks: the lock is not kept, unless operations are in memory already. */
  query<T>(look: () => T): T {
    if (this.isDirty) return look()
    this.begin()
    this.#adopted = false
    try {
      return look()
    } finally {
      if (this.#adopted) this.flush()
      else this.#release()
    }
  }

  /** A caller may have removed the whole folder meanwhile. */
  #flushLate(): void {
    if (existsSync(this.paths.live)) this.flush()
    else this.#release()
  }

  /** Writes everything and lets the lock go. Until then commands and the C library do not see the operations. */
  flush(): void {
    if (!this.#unlock) return
    this.settleDirs()
    for (const log of this.logs) log.flush()
    this.#writeWhole(this.paths.state, JSON.stringify({ ...this.state, opens: this.opens.save() } satisfies SavedState))
    const header = { fsname: this.config.name, mdtCount: this.config.mdts, ostCount: this.config.osts }
    this.#writeWhole(this.paths.index, encodeIndex(header, [...this.inodes.values()]))
    this.#loadedVersion = this.#diskVersion()
    this.#release()
  }

  /** Forgets what is not flushed, because the folder goes. */
  discard(): void {
    this.#touchedDirs.clear()
    this.#release()
  }

  /** Makes the root, the first inode. */
  format(): void {
    this.state.nextOid = Array.from({ length: this.config.mdts }, () => 1)
    for (const log of this.logs) ChangelogLog.create(log.base)
    this.#unlock = lock(this.paths.lock)
    this.root = this.adopt(this.stat(''), ROOT_FID)
    this.touchDir(this.root)
    for (const log of this.logs) log.load()
    this.flush()
  }

  #release(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#unlock?.()
    this.#unlock = null
  }

  #writeWhole(path: string, content: string | Buffer): void {
    writeFileSync(`${path}.new`, content)
    renameSync(`${path}.new`, path)
  }

  #diskVersion(): string {
    const st = statSync(this.paths.index, { bigint: true })
    return `${st.ino} ${st.mtimeNs}`
  }

  #load(version: string): void {
    const inodes = decodeIndex(readFileSync(this.paths.index))
    const { opens, ...state } = JSON.parse(readFileSync(this.paths.state, 'utf8')) as SavedState
    const handles = this.opens.all()
    this.state = state
    this.inodes = new Map(inodes.map((inode) => [inode.ino, inode]))
    this.root = inodes.find((inode) => sameFid(inode.fid, ROOT_FID))!
    this.opens = new OpenTable()
    for (const saved of opens) this.#restoreOpen(saved, handles, inodes)
    this.#loadedVersion = version
    for (const inode of inodes) if (inode.pendingVersion !== 0) this.settlePending(inode)
  }

  /** The objects that handles of this process refer to stay the same, also those of unlinked files. */
  #restoreOpen(saved: SavedOpen, handles: readonly OpenKey[], inodes: readonly Inode[]): void {
    const known = handles.find(
      (key) => sameFid(key.inode.fid, saved.fid) && key.uid === saved.uid && key.gid === saved.gid && key.flags === saved.flags,
    )
    const inode = inodes.find((candidate) => sameFid(candidate.fid, saved.fid)) ?? known?.inode
    if (!inode) return
    const { fid: _, ...rest } = saved
    this.opens.add(known ? Object.assign(known, rest, { inode }) : { inode, ...rest })
  }

  // ---- the real tree

  /** The real path of an entry of the live tree. */
  real(path: string): Buffer {
    return Buffer.from(path === '' ? this.#liveLatin1 : `${this.#liveLatin1}/${path}`, 'latin1')
  }

  stat(path: string): BigIntStats {
    return lstatSync(this.real(path), { bigint: true })
  }

  /** The inode at a path; an entry that another program made is adopted first. */
  lookup(path: string): Inode {
    const inode = this.tryLookup(path)
    if (!inode) throw Object.assign(new Error(`lustresim: no '${path}' in ${this.config.name}`), { code: 'ENOENT' })
    return inode
  }

  /** The inode at a path, or null when there is nothing. */
  tryLookup(path: string): Inode | null {
    this.begin()
    this.#assertInside(path)
    const real = this.real(path)
    const find = () => {
      const st = lstatSync(real, { bigint: true, throwIfNoEntry: false })
      const inode = st && this.inodes.get(Number(st.ino))
      return { exists: st !== undefined, inode: inode && inode.btimeNs === st.birthtimeNs ? inode : null }
    }
    const first = find()
    if (first.inode || !first.exists) return first.inode
    this.reconcile()
    return find().inode
  }

  /** The real tree could lead anywhere on this host through a symlink, also out of the simulator: no folder on the way may be one. */
  #assertInside(path: string): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash)
      if (lstatSync(this.real(folder), { throwIfNoEntry: false })?.isSymbolicLink()) {
        throw Object.assign(new Error(`lustresim: '${folder}' on the way to '${path}' is a symlink, which is not followed`), {
          code: 'ELOOP',
        })
      }
    }
  }

  lookupParent(path: string): { readonly parent: Inode; readonly name: string } {
    const { parent, name } = splitPath(path)
    if (name === '') throw new Error('lustresim: the root of a file system cannot be created, renamed or removed')
    this.#assertInside(path)
    return { parent: this.lookup(parent), name }
  }

  // ---- inodes

  newFid(mdtIndex: number): Fid {
    const oid = this.state.nextOid[mdtIndex]
    if (oid === undefined) throw new Error(`lustresim: ${this.config.name} has no MDT ${mdtIndex}`)
    this.state.nextOid[mdtIndex] = oid + 1
    return { seq: sequenceOf(mdtIndex), oid }
  }

  newDataVersion(): number {
    return ++this.state.nextDataVersion
  }

  /** Takes a new real inode into the table. */
  adopt(st: BigIntStats, fid: Fid): Inode {
    const inode: Inode = {
      fid,
      ino: Number(st.ino),
      btimeNs: st.birthtimeNs,
      dataVersion: this.newDataVersion(),
      pendingVersion: 0,
      hsmStates: 0,
      hsmArchiveId: 0,
      stripeCount: 0,
      recorded: false,
      links: [],
      ...statFields(st),
    }
    this.inodes.set(inode.ino, inode)
    return inode
  }

  /** Somebody else's changes were taken over: they must be written even if nobody operates. */
  noteAdopted(): void {
    this.#adopted = true
  }

  /** Enters a new entry: its inode, its name, and the folder's new time. */
  enter(st: BigIntStats, parent: Inode, name: string, fid: Fid): Inode {
    const inode = this.adopt(st, fid)
    addLink(inode, parent, name)
    this.touchDir(parent)
    return inode
  }

  /**
   * Remembers what stat says now, so that reconcile finds no difference. Tells whether the inode is still at that path: another
   * program may have moved it, which the next reconcile finds.
   */
  remember(inode: Inode, path: string): boolean {
    const st = lstatSync(this.real(path), { bigint: true, throwIfNoEntry: false })
    if (!st || Number(st.ino) !== inode.ino || st.birthtimeNs !== inode.btimeNs) return false
    Object.assign(inode, statFields(st))
    return true
  }

  forget(inode: Inode): void {
    this.inodes.delete(inode.ino)
    this.#touchedDirs.delete(inode)
  }

  seconds(): number {
    return Number(this.now() / 1_000_000_000n)
  }

  /** Sets the times of an entry, whole seconds as on Lustre; the current atime unless one is given. */
  setTimes(path: string, mtimeSeconds: number, atimeSeconds?: number): void {
    lutimesSync(this.real(path), atimeSeconds ?? Number(this.stat(path).atimeMs / 1000n), mtimeSeconds)
  }

  touchDir(dir: Inode): void {
    this.#touchedDirs.set(dir, this.seconds())
  }

  keepDirTime(dir: Inode): void {
    this.#touchedDirs.delete(dir)
  }

  settleDirs(): void {
    for (const [dir, seconds] of this.#touchedDirs) {
      if (!isDirectory(dir) || this.inodes.get(dir.ino) !== dir) continue
      const path = pathOf(dir)
      if (!this.remember(dir, path)) continue
      this.setTimes(path, seconds)
      this.remember(dir, path)
    }
    this.#touchedDirs.clear()
  }

  // ---- unflushed data

  /** While this file exists, the servers have the data that it holds. The C library removes it when asked to flush. */
  unflushedPath(inode: Inode): string {
    return join(this.paths.unflushed, formatFid(inode.fid).slice(1, -1).replaceAll(':', '_'))
  }

  settlePending(inode: Inode): void {
    if (inode.pendingVersion === 0 || existsSync(this.unflushedPath(inode))) return
    inode.dataVersion = inode.pendingVersion
    inode.pendingVersion = 0
  }

  // ---- records

  /** Logs a record on an MDT, as `identity`, now. */
  emit(mdtIndex: number, input: RecordInput, subject: Inode | null, identity: Identity = this.identity): void {
    const log = this.logs[mdtIndex]!
    const { jobid, uid, gid, nid } = identity
    if (log.append(input, { timeNs: this.now(), jobid, uid, gid, nid }) && subject) subject.recorded = true
  }

  /** Logs a record about an inode on the MDT that holds it. */
  emitFor(inode: Inode, input: Omit<RecordInput, 'tfid'>, identity?: Identity): void {
    this.emit(mdtOf(inode.fid), { ...input, tfid: inode.fid }, inode, identity)
  }
}

function statFields(st: BigIntStats) {
  const { mtimeNs, ctimeNs } = st
  return { mode: Number(st.mode), uid: Number(st.uid), gid: Number(st.gid), size: Number(st.size), mtimeNs, ctimeNs }
}
