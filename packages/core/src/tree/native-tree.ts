import type { Lustreapi, StatColumns } from '@lustrebackup/lustreapi/binding'
import { errnoName } from '@lustrebackup/lustreapi/errno'
import { type PathList, packPaths, pathCount, unpackPath, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import type { EntryType } from '../backupmap/backupmap-types.js'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { typeOfDirent, typeOfMode } from './entry-type.js'
import { listOf, type Paths } from './paths.js'
import { treeFailure } from './tree-failure.js'
import { type EntryStat, isUnreachable, type Outcome, type Tree } from './tree-port.js'

/** A `Tree` over the addon. `inFlight`: how many system calls of one batch are under way at once. */
export function openNativeTree(api: Lustreapi, path: string, inFlight: number): Tree {
  return new NativeTree(api, path, { inFlight })
}

class NativeTree implements Tree {
  readonly #api: Lustreapi
  readonly #root: number
  readonly #options: { readonly inFlight: number }

  constructor(
    api: Lustreapi,
    readonly path: string,
    options: { readonly inFlight: number },
  ) {
    this.#api = api
    this.#options = options
    try {
      this.#root = api.openRoot(path)
    } catch (error) {
      throw new LustrebackupError('TREE_UNREADABLE', `opening the folder ${path}: ${reasonOf(error)}`, {
        hint: 'check that it exists and that its file system is mounted',
        cause: error,
      })
    }
  }

  async lstat(paths: readonly Buffer[]): Promise<(EntryStat | null)[]> {
    if (paths.length === 0) return []
    const columns = await this.#api.lstatBatch(this.#root, packPaths(paths), this.#options)
    return paths.map((path, index) => (this.#isThere('looking at', path, columns.errno[index]!) ? statAt(columns, index) : null))
  }

  async types(paths: Paths): Promise<(EntryType | null)[]> {
    const list = listOf(paths)
    if (pathCount(list) === 0) return []
    const { errno, mode } = await this.#api.lstatBatch(this.#root, list, this.#options)
    const types: (EntryType | null)[] = []
    for (let index = 0; index < errno.length; index += 1) {
      const isThere = errno[index] === 0 || this.#isThere('looking at', unpackPath(list, index), errno[index]!)
      types.push(isThere ? typeOfMode(mode[index]!) : null)
    }
    return types
  }

  async readdir(paths: readonly Buffer[]) {
    if (paths.length === 0) return []
    const { errno, entryStart, names, types } = await this.#api.readdirBatch(this.#root, packPaths(paths), this.#options)
    return paths.map((path, index) => {
      if (!this.#isThere('listing', path, errno[index]!)) return null
      const start = entryStart[index]!
      const listed = unpackPaths(names, start, entryStart[index + 1]!)
      return listed.map((name, offset) => ({ name, type: typeOfDirent(types[start + offset]!) }))
    })
  }

  async getXattrs(paths: readonly Buffer[], names: readonly string[]) {
    if (paths.length === 0) return []
    const { errno, values } = await this.#api.xattrBatch(this.#root, packPaths(paths), names, this.#options)
    return paths.map((path, index) =>
      names.map((_, nameIndex) => {
        const pair = index * names.length + nameIndex
        const code = errno[pair]! === 0 ? null : errnoName(errno[pair]!)
        if (code === null) return unpackPath(values, pair)
        if (code === 'ENODATA' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || isUnreachable(code)) return null
        throw treeFailure('reading extended attributes', this.path, path, code)
      }),
    )
  }

  unlink(paths: Paths) {
    return this.#change('unlink', paths, (list) => this.#api.namespaceBatch({ op: 'unlink', root: this.#root, paths: list }, this.#options))
  }

  rmdir(paths: Paths) {
    return this.#change('rmdir', paths, (list) => this.#api.namespaceBatch({ op: 'rmdir', root: this.#root, paths: list }, this.#options))
  }

  mkdir(paths: Paths, mode: number) {
    return this.#change('mkdir', paths, (list) =>
      this.#api.namespaceBatch({ op: 'mkdir', root: this.#root, paths: list, mode }, this.#options),
    )
  }

  rename(from: Paths, target: Tree, to: Paths) {
    if (!(target instanceof NativeTree)) throw new Error('trees of two kinds')
    return this.#two({ op: 'rename', noReplace: true }, from, target.#root, to)
  }

  link(from: Paths, to: Paths) {
    return this.#two({ op: 'link' }, from, this.#root, to)
  }

  chown(path: Buffer, uid: number, gid: number): void {
    this.#single('setting the owner', path, () => this.#api.chown(this.#root, path, uid, gid))
  }

  chmod(path: Buffer, mode: number): void {
    this.#single('setting the mode', path, () => this.#api.chmod(this.#root, path, mode))
  }

  setMtime(path: Buffer, mtimeNs: bigint): void {
    this.#single('setting the time', path, () => this.#api.utimes(this.#root, path, null, mtimeNs))
  }

  setXattr(path: Buffer, name: string, value: Buffer): void {
    this.#single(`setting ${name}`, path, () => this.#api.setXattr(this.#root, path, name, value))
  }

  removeXattr(path: Buffer, name: string): void {
    this.#single(`removing ${name}`, path, () => this.#api.removeXattr(this.#root, path, name))
  }

  async sync(): Promise<void> {
    await this.#api.syncfs(this.#root)
    crashPoint('tree.synced')
  }

  close(): void {
    this.#api.closeRoot(this.#root)
  }

  #two(change: { op: 'rename'; noReplace: true } | { op: 'link' }, from: Paths, toRoot: number, to: Paths) {
    const toPaths = listOf(to)
    return this.#change(change.op, from, (paths) =>
      this.#api.namespaceBatch({ ...change, root: this.#root, paths, toRoot, toPaths }, this.#options),
    )
  }

  async #change(op: string, paths: Paths, start: (list: PathList) => Promise<Int32Array>): Promise<Outcome[]> {
    const list = listOf(paths)
    if (pathCount(list) === 0) return []
    const errnos = await start(list)
    crashPoint('tree.changed', op)
    const outcomes: Outcome[] = []
    for (let index = 0; index < errnos.length; index += 1) outcomes.push(errnos[index] === 0 ? null : errnoName(errnos[index]!))
    return outcomes
  }

  #single(operation: string, path: Buffer, call: () => void): void {
    try {
      call()
      crashPoint('tree.attributes', operation)
    } catch (error) {
      throw treeFailure(operation, this.path, path, (error as { code?: string }).code ?? reasonOf(error), error)
    }
  }

  #isThere(operation: string, path: Buffer, errno: number): boolean {
    if (errno === 0) return true
    const code = errnoName(errno)
    if (isUnreachable(code)) return false
    throw treeFailure(operation, this.path, path, code)
  }
}

/** Item `index` of a batch of lstat. */
export function statAt(columns: StatColumns, index: number): EntryStat {
  const mode = columns.mode[index]!
  const type = typeOfMode(mode)
  const isDevice = type === 'c' || type === 'b'
  return {
    type,
    mode: mode & 0o7777,
    uid: columns.uid[index]!,
    gid: columns.gid[index]!,
    nlink: columns.nlink[index]!,
    size: columns.size[index]!,
    mtimeNs: columns.mtimeNs[index]!,
    dev: columns.dev[index]!,
    ino: columns.ino[index]!,
    rdev: isDevice ? [columns.rdevMajor[index]!, columns.rdevMinor[index]!] : null,
  }
}
