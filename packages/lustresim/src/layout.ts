import { join } from 'node:path'

/** Where everything of one simulator lies. */
export const simPaths = (root: string) => ({
  root,
  bin: join(root, 'bin'),
  lib: join(root, 'lib'),
  config: join(root, 'sim.json'),
  mtab: join(root, 'mtab'),
  faults: join(root, 'faults.json'),
  /** Where a server for the commands listens, while there is one. */
  socket: join(root, 'socket'),
  filesystem: (name: string) => join(root, 'fs', name),
})

export type SimPaths = ReturnType<typeof simPaths>

export const mdtName = (index: number) => `MDT${index.toString(16).padStart(4, '0')}`
export const ostName = (index: number) => `OST${index.toString(16).padStart(4, '0')}`

/** Where everything of one file system lies. */
export const filesystemPaths = (dir: string) => ({
  dir,
  live: join(dir, 'live'),
  index: join(dir, 'index.bin'),
  state: join(dir, 'state.json'),
  lock: join(dir, 'lock'),
  changelog: (mdtIndex: number) => join(dir, 'changelog', mdtName(mdtIndex)),
  unflushed: join(dir, 'unflushed'),
  hsm: join(dir, 'hsm'),
  snapshots: join(dir, 'snapshots'),
  snapshot: (fsname: string) => snapshotPaths(join(dir, 'snapshots', fsname)),
})

export type FilesystemPaths = ReturnType<typeof filesystemPaths>

/** Where everything of one snapshot lies. `plain` is the copy without user xattrs, made when somebody mounts without `user_xattr`. */
export const snapshotPaths = (dir: string) => ({
  dir,
  tree: join(dir, 'tree'),
  index: join(dir, 'index.bin'),
  info: join(dir, 'info.json'),
  changelog: (mdtIndex: number) => join(dir, 'changelog', mdtName(mdtIndex)),
  plain: join(dir, 'plain'),
})
