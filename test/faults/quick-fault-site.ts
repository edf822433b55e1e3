import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeMetaFolders } from '@lustrebackup/core/state/durable'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { changeCrashTree, makeCrashTree } from '../crash/quick-change.js'
import { QuickSite } from '../crash/quick-site.js'
import { fastFolder } from '../fuzz/fast-folder.js'

/** Only root can mount a small file system, or make one read-only. */
export const canMount = process.getuid?.() === 0

/** A quick site on which the target, or the state of the source, has a small file system of its own. */
export class QuickFaultSite {
  readonly site = new QuickSite({ parent: fastFolder() })
  readonly #mounted: string[] = []
  #round = 0

  /** Mounts a file system of so many bytes where the target has its tree and its state. */
  mountTarget(bytes: number): string {
    const folder = this.#mount(join(this.site.source.folder, 'target'), bytes)
    for (const name of ['data', 'meta']) mkdirSync(join(folder, name))
    return folder
  }

  /** Mounts a file system of so many bytes where the source has its state. */
  mountSourceState(bytes: number): string {
    const folder = this.#mount(this.site.source.layout.basepath, bytes)
    makeMetaFolders(this.site.source.layout)
    return folder
  }

  makeTree(): void {
    makeCrashTree(this.site.source.fs)
  }

  /** Something new, and its snapshot. */
  change(): void {
    this.#round += 1
    changeCrashTree(this.site.source.fs, this.#round)
    this.site.source.snapshot()
  }

  /** What differs between the newest snapshot and the target. */
  async differences(): Promise<readonly string[]> {
    const { fs } = this.site.source
    const { tree } = fs.core.paths.snapshot(fs.snapshots.list()[0]!.fsname)
    return (await compareTrees(tree, this.site.target.data, { exclude: [] })).differences
  }

  close(): void {
    for (const folder of this.#mounted) execFileSync('umount', ['-l', folder])
    this.site.close()
  }

  #mount(folder: string, bytes: number): string {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder])
    this.#mounted.push(folder)
    return folder
  }
}

/** Fills a file system until so many bytes are left; gives what makes room again. */
export function fill(folder: string, leftBytes: number): () => void {
  const file = join(folder, 'filler')
  const fd = openSync(file, 'w')
  const { bavail, bsize } = statfsSync(folder)
  try {
    for (let bytes = bavail * bsize - leftBytes; bytes > 0; ) bytes -= writeSync(fd, Buffer.alloc(Math.min(bytes, 65_536)))
  } finally {
    closeSync(fd)
  }
  return () => rmSync(file)
}
