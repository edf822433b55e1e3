import { constants, fchmodSync } from 'node:fs'
import type { FileStat, Lustreapi } from '@lustrebackup/lustreapi/binding'
import { LustrebackupError } from '../errors/errors.js'
import { type ScratchOwner, scratchName } from './scratch-name.js'

const ROOT = Buffer.alloc(0)
const PERMISSIONS = 0o7777
/** Of a folder that nobody but root can enter: the sticky bit tells one that a restore has begun from any other. */
export const UNFINISHED_MODE = 0o1700
export const PRIVATE_MODE = 0o700

/**
 * A folder into which entries are restored, held open: whatever its owner renames or puts in its place meanwhile, everything happens in this
 * very folder. Entries are made complete in a scratch folder in it, which only root can enter, and come to their places by a rename.
 */
export class RestoreFolder {
  #scratch: number | null = null
  #made = 0

  private constructor(
    private readonly api: Lustreapi,
    readonly fd: number,
    /** Made by a restore, this one or one that was interrupted: it gets its attributes when everything is in it. */
    readonly unfinished: boolean,
    private readonly owner: ScratchOwner,
  ) {}

  /** A folder that is there. */
  static open(api: Lustreapi, parent: number, name: Buffer, owner: ScratchOwner): RestoreFolder {
    const fd = api.openFile(parent, name, constants.O_RDONLY | constants.O_DIRECTORY)
    return RestoreFolder.of(api, fd, owner)
  }

  /** Takes the descriptor over. */
  static of(api: Lustreapi, fd: number, owner: ScratchOwner): RestoreFolder {
    return new RestoreFolder(api, fd, isRoots(api.lstat(fd, ROOT), UNFINISHED_MODE), owner)
  }

  /** Makes a folder in this one. */
  make(name: Buffer): RestoreFolder {
    const staged = this.stage()
    this.api.mkdir(this.scratch(), staged, PRIVATE_MODE)
    const fd = this.api.openFile(this.scratch(), staged, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      fchmodSync(fd, UNFINISHED_MODE)
      this.place(staged, name, false)
      return new RestoreFolder(this.api, fd, true, this.owner)
    } catch (error) {
      this.api.closeRoot(fd)
      throw error
    }
  }

  /** The folder in which entries are made; nobody else can change what is in it. */
  scratch(): number {
    this.#scratch ??= this.#makeScratch()
    return this.#scratch
  }

  /** A name in the scratch folder that is free. */
  stage(): Buffer {
    this.#made += 1
    return Buffer.from(String(this.#made))
  }

  /** Moves what was made to its place. Without `replace`, nothing may be there. */
  place(staged: Buffer, name: Buffer, replace: boolean): void {
    const { ino, mode } = this.api.lstat(this.scratch(), staged)
    const isLinked = !replace && (mode & TYPE_BITS) !== constants.S_IFDIR && this.#linkInto(staged, name)
    if (!isLinked) this.api.rename(this.scratch(), staged, this.fd, name, { noReplace: !replace })
    const placed = this.api.lstat(this.fd, name)
    if (placed.ino !== ino) throw new LustrebackupError('RESTORE_CHANGED', 'something else was put in its place meanwhile')
  }

  /** Moves an entry out of the way: it is removed with the scratch folder, or put back. */
  setAside(name: Buffer): () => void {
    const aside = this.stage()
    this.api.rename(this.fd, name, this.scratch(), aside)
    return () => this.api.rename(this.scratch(), aside, this.fd, name, { noReplace: true })
  }

  /** Removes a scratch folder that another restore has left. What only looks like one stays. */
  removeStale(name: Buffer): void {
    const fd = this.api.openFile(this.fd, name, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      if (!isRoots(this.api.lstat(fd, ROOT), PRIVATE_MODE)) return
      this.#empty(fd)
    } finally {
      this.api.closeRoot(fd)
    }
    this.api.rmdir(this.fd, name)
  }

  /** Removes the scratch folder; the folder can still be given its attributes. */
  clear(): void {
    if (this.#scratch === null) return
    const scratch = this.#scratch
    this.#scratch = null
    try {
      this.#empty(scratch)
      this.#removeScratch()
    } finally {
      this.api.closeRoot(scratch)
    }
  }

  close(): void {
    try {
      this.clear()
    } finally {
      this.api.closeRoot(this.fd)
    }
  }

  /** A link never replaces anything, on any file system; the scratch folder goes, and with it the other name. False where there are no hard links. */
  #linkInto(staged: Buffer, name: Buffer): boolean {
    try {
      this.api.link(this.scratch(), staged, this.fd, name)
    } catch (error) {
      if (NO_LINKS.includes((error as { code?: string }).code ?? '')) return false
      throw error
    }
    this.api.unlink(this.scratch(), staged)
    return true
  }

  /** It is empty. If its name is gone or leads to something else now, whoever owns the folder keeps what he has made of it. */
  #removeScratch(): void {
    try {
      this.api.rmdir(this.fd, scratchName(this.owner))
    } catch (error) {
      if (!EXCHANGED.includes((error as { code?: string }).code ?? '')) throw error
    }
  }

  #makeScratch(): number {
    const name = scratchName(this.owner)
    this.api.mkdir(this.fd, name, PRIVATE_MODE)
    const fd = this.api.openFile(this.fd, name, constants.O_RDONLY | constants.O_DIRECTORY)
    // Inherited from the folder: setgid. And whoever owns that may have put something else under this name just now.
    fchmodIfOwn(this.api, fd)
    if (isRoots(this.api.lstat(fd, ROOT), PRIVATE_MODE) && this.api.readdir(fd, ROOT).length === 0) return fd
    this.api.closeRoot(fd)
    throw new LustrebackupError('RESTORE_CHANGED', 'somebody put something else in the place of the folder in which entries are made')
  }

  #empty(fd: number): void {
    for (const { name, type } of this.api.readdirTypes(fd, ROOT)) {
      if (type === DIRECTORY) this.api.rmdir(fd, name)
      else this.api.unlink(fd, name)
    }
  }
}

const DIRECTORY = 4
const TYPE_BITS = 0o170000
const EXCHANGED = ['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'ELOOP']
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']

function isRoots({ uid, mode }: FileStat, permissions: number): boolean {
  return uid === process.geteuid?.() && (mode & PERMISSIONS) === permissions
}

function fchmodIfOwn(api: Lustreapi, fd: number): void {
  const { uid, mode } = api.lstat(fd, ROOT)
  if (uid === process.geteuid?.() && (mode & 0o777) === PRIVATE_MODE) fchmodSync(fd, PRIVATE_MODE)
}
