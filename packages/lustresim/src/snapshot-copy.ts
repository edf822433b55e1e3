import { copyFileSync, existsSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FsCore } from './fs-core.js'
import { encodeIndex, type IndexHeader } from './index-codec.js'
import { type Inode, pathOf } from './inode.js'
import { snapshotPaths } from './layout.js'
import { reconcile } from './reconcile-run.js'
import { HsmState } from './record-types.js'
import { type ScanRow, scanTree } from './scan.js'
import { run, simtool } from './tool.js'

/** Copies the live tree, its index and the changelogs of the given MDTs as they are now. The folder is complete when this returns. */
export function copyForSnapshot(core: FsCore, dir: string, header: IndexHeader, mdtIndexes: readonly number[]): void {
  const paths = snapshotPaths(dir)
  const { rows, inodes } = reconcile(core)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  copyTree(core.paths.live, paths.tree)
  emptyReleased(paths.tree, inodes)
  for (const inode of inodes) core.settlePending(inode)
  if (existsSync(core.paths.unflushed) && readdirSync(core.paths.unflushed).length > 0) restoreServerContent(core, paths.tree, inodes)
  writeFileSync(paths.index, encodeIndex(header, matchInodes(rows, inodes, scanTree(paths.tree))))
  core.logs.forEach((log, at) => {
    if (mdtIndexes.includes(at)) log.snapshotTo(paths.changelog(at))
  })
}

/** Copies a tree with everything: hard links, holes, xattrs, ACLs, owners, special files, times to the nanosecond. */
export function copyTree(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  run('cp', ['-a', '--sparse=auto', '--', from, to])
}

/** Gives the rows of a copied tree the inodes of the original: both scans list the same entries in the same order. */
function matchInodes(rows: readonly ScanRow[], inodes: readonly Inode[], copied: readonly ScanRow[]): Inode[] {
  const done = new Set<number>()
  const result: Inode[] = []
  copied.forEach((row, at) => {
    if (rows[at]?.name !== row.name || rows.length !== copied.length) {
      throw new Error(`lustresim: the live tree changed while the snapshot was made (at '${row.name}'); stop the program that writes there`)
    }
    if (done.has(row.ino)) return
    done.add(row.ino)
    const { ino, btimeNs, size, mtimeNs, ctimeNs } = row
    result.push({ ...inodes[at]!, ino, btimeNs, size, mtimeNs, ctimeNs, pendingVersion: 0 })
  })
  return result
}

/** A released file has no blocks in the snapshot either; the copy of a short hole has. */
function emptyReleased(tree: string, inodes: readonly Inode[]): void {
  for (const inode of new Set(inodes)) {
    if ((inode.hsmStates & HsmState.RELEASED) === 0) continue
    const path = copiedPath(tree, inode)
    truncateSync(path, 0)
    truncateSync(path, inode.size)
    lutimesSync(path, Number(inode.mtimeNs / 1_000_000_000n), Number(inode.mtimeNs / 1_000_000_000n))
  }
}

function copiedPath(tree: string, inode: Inode): Buffer {
  return Buffer.concat([Buffer.from(`${tree}/`), Buffer.from(pathOf(inode), 'latin1')])
}

/**
 * What clients had not written back is not in a snapshot: the file has its new size and mtime, but the content that the servers
 * have. Where they have none (the file is new, or was truncated), it is empty.
 */
function restoreServerContent(core: FsCore, tree: string, inodes: readonly Inode[]): void {
  for (const inode of new Set(inodes)) {
    if (inode.pendingVersion === 0) continue
    const path = copiedPath(tree, inode)
    const before = core.unflushedPath(inode)
    copyFileSync(before, path)
    if (statSync(before).size > 0) truncateSync(path, inode.size)
    lutimesSync(path, Number(inode.mtimeNs / 1_000_000_000n), Number(inode.mtimeNs / 1_000_000_000n))
  }
}

/** The copy that a mount without `user_xattr` shows: the same tree and FIDs, no user xattrs. Made once, on demand. */
export function preparePlainCopy(snapshotDir: string, header: IndexHeader, inodesOf: () => readonly Inode[]): string {
  const paths = snapshotPaths(snapshotDir)
  if (existsSync(join(paths.plain, 'index.bin'))) return paths.plain
  rmSync(paths.plain, { recursive: true, force: true })
  copyTree(paths.tree, join(paths.plain, 'tree'))
  simtool('strip-user-xattrs', Buffer.from(join(paths.plain, 'tree')))
  const rows = scanTree(paths.tree)
  const byIno = new Map(inodesOf().map((inode) => [inode.ino, inode]))
  const inodes = rows.map((row) => byIno.get(row.ino)!)
  writeFileSync(join(paths.plain, 'index.bin'), encodeIndex(header, matchInodes(rows, inodes, scanTree(join(paths.plain, 'tree')))))
  return paths.plain
}
