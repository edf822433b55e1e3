import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { findMountable } from '../client-mount.js'
import { decodeIndex } from '../index-codec.js'
import type { Inode } from '../inode.js'
import { fsnameOf, loadMounts, mountOf } from '../mounts.js'
import type { Lustresim } from '../sim.js'

/** A mounted (or named) tree, with its index loaded. */
export interface TreeAt {
  readonly dir: string
  readonly fsname: string
  /** Where it is mounted; '' when it was named by fsname. */
  readonly mountPoint: string
  readonly inodes: readonly Inode[]
}

/** The tree that a path lies in; live trees are reconciled first, so that every entry has its FID. */
export function treeAt(sim: Lustresim, path: string): TreeAt | null {
  const place = canonical(path)
  const entry = place === null ? null : mountOf(loadMounts(sim.paths.mtab), place)
  if (entry) return load(sim, entry.dir, fsnameOf(entry), entry.target)
  const filesystem = place === null ? undefined : sim.filesystems().find(({ live }) => place === live || place.startsWith(`${live}/`))
  return filesystem ? load(sim, filesystem.core.paths.dir, filesystem.name, filesystem.live) : null
}

export function treeOf(sim: Lustresim, fsname: string): TreeAt | null {
  const found = findMountable(sim.paths, sim.config.filesystems, fsname)
  return found ? load(sim, found.dir, fsname, '') : null
}

function load(sim: Lustresim, dir: string, fsname: string, mountPoint: string): TreeAt {
  const live = sim.filesystems().find((filesystem) => filesystem.core.paths.dir === dir)
  if (live) live.flush({ reconcile: true })
  return { dir, fsname, mountPoint, inodes: decodeIndex(readFileSync(join(dir, 'index.bin'))) }
}

/** The inode at a path, without following a final symlink (unless that is a mount). */
export function inodeAt(tree: TreeAt, path: string): Inode | null {
  const place = canonical(path)
  const ino = Number(lstatSync(place === tree.mountPoint ? realpathSync(path) : path, { bigint: true }).ino)
  return tree.inodes.find((inode) => inode.ino === ino) ?? null
}

function canonical(path: string): string | null {
  try {
    const absolute = resolve(path)
    return join(realpathSync(dirname(absolute)), basename(absolute))
  } catch {
    return null
  }
}
