import type { Handle } from '@lustrebackup/lustresim/file-ops'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import { longLinkPath, type UserOperation } from './operations.js'

/** Where users act. */
export interface Scene {
  readonly fs: SimFilesystem
  readonly mdts: number
  /** Files that are open, by number. */
  readonly handles: Map<number, Handle>
  /** Moves the clock. */
  advance(seconds: number): void
  /** A name that nobody else uses. */
  freshName(): string
}

type Words<K> = Extract<UserOperation, readonly [K, ...unknown[]]> extends readonly [unknown, ...infer W] ? W : never
type Actions = { readonly [K in UserOperation[0]]: (scene: Scene, ...words: Words<K>) => void }

/** What each operation does. One that the tree does not allow throws, and leaves nothing half done. */
export const ACTIONS: Actions = {
  mkdir: ({ fs, mdts }, path, mdt) => void fs.mkdir(bytes(path), { mdt: mdt % mdts }),
  deep: ({ fs }, path, levels, nameLength) => {
    for (let level = 1; level <= levels; level += 1) fs.mkdir(bytes([path, ...Array(level).fill('d'.repeat(nameLength))].join('/')))
  },
  rmdir: ({ fs }, path) => fs.rmdir(bytes(path)),
  create: ({ fs }, path) => void fs.create(bytes(path)),
  write: ({ fs }, path, data, how) => void fs.writeFile(bytes(path), data, { unflushed: how === 'unflushed' }),
  overwrite: ({ fs }, path, data, how) => fs.overwrite(bytes(path), 0, data, { unflushed: how === 'unflushed', cached: how === 'cached' }),
  append: ({ fs }, path, data) => fs.append(bytes(path), data),
  truncate: ({ fs }, path, size) => fs.truncate(bytes(path), size),
  sparse: ({ fs }, path, offset) => fs.overwrite(bytes(path), offset, 'end'),
  save,
  open: ({ fs, handles }, number, path) => {
    if (!handles.has(number)) handles.set(number, fs.open(bytes(path), { write: true }))
  },
  put: ({ fs, handles }, number, data, how) => {
    if (handles.has(number)) fs.write(handles.get(number)!, 0, data, { unflushed: how === 'unflushed' })
  },
  cut: ({ fs, handles }, number, size) => {
    if (handles.has(number)) fs.ftruncate(handles.get(number)!, size)
  },
  close: ({ fs, handles }, number) => {
    if (handles.has(number)) fs.close(handles.get(number)!)
    handles.delete(number)
  },
  link: ({ fs }, from, to) => fs.link(bytes(from), bytes(to)),
  links: ({ fs }, from, directory, count) => {
    for (let index = 0; index < count; index += 1) fs.link(bytes(from), bytes(longLinkPath(directory, index)))
  },
  unlink: ({ fs }, path) => fs.unlink(bytes(path)),
  rename: ({ fs }, from, to) => fs.rename(bytes(from), bytes(to)),
  swap,
  symlink: ({ fs }, target, path) => void fs.symlink(bytes(target), bytes(path)),
  mknod: ({ fs }, path, type) => void fs.mknod(bytes(path), type, { major: 1, minor: 3 }),
  temporary: ({ fs }, path) => {
    fs.writeFile(bytes(path), 'scratch', { exclusive: true })
    fs.unlink(bytes(path))
  },
  chmod: ({ fs }, path, mode) => fs.chmod(bytes(path), mode),
  chown: ({ fs }, path, uid, gid) => fs.chown(bytes(path), uid, gid),
  setxattr: ({ fs }, path, name, value) => fs.setxattr(bytes(path), name, value),
  removexattr: ({ fs }, path, name) => fs.removexattr(bytes(path), name),
  setfacl: ({ fs }, path, entry, how) => {
    fs.setfacl(bytes(path), ['-m', entry])
    if (how === 'recorded') fs.chmod(bytes(path), Number(fs.core.stat(path).mode & 0o7777n))
  },
  'default-acl': ({ fs }, path, entry) => fs.setfacl(bytes(path), ['-d', '-m', entry]),
  utimes: ({ fs }, path, seconds, how) => {
    if (how === 'recorded') fs.dropMdtCache()
    fs.utimes(bytes(path), seconds, seconds)
  },
  migrate: ({ fs, mdts }, path, mdt) => fs.migrate(bytes(path), mdt % mdts),
  sync: ({ fs }) => fs.sync(),
  'drop-open-cache': ({ fs }) => fs.dropOpenCache(),
  wait: ({ advance }, seconds) => advance(seconds),
}

function save({ fs, freshName }: Scene, path: string, data: string): void {
  const temporary = bytes(`${folderOf(path)}${freshName()}`)
  fs.writeFile(temporary, data)
  try {
    fs.rename(temporary, bytes(path))
  } catch (error) {
    fs.unlink(temporary)
    throw error
  }
}

function swap({ fs, freshName }: Scene, one: string, other: string): void {
  const aside = bytes(`${folderOf(one)}${freshName()}`)
  fs.rename(bytes(one), aside)
  try {
    fs.rename(bytes(other), bytes(one))
  } catch (error) {
    fs.rename(aside, bytes(one))
    throw error
  }
  fs.rename(aside, bytes(other))
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1')
}
