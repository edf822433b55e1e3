import { type Fid, mdtOf } from './fid.js'
import type { FsCore } from './fs-core.js'
import { type Inode, isDirectory, isRegular } from './inode.js'
import { OpenFlag, RecordType } from './record-types.js'

/** A folder's entries, by folder; built once for a migration, because the engine keeps only the way up. */
type Children = ReadonlyMap<Inode, readonly { readonly inode: Inode; readonly name: string }[]>

/**
 * `lfs migrate -m`: the folder and everything below move to another MDT, and every one gets a new FID. MIGRT says so: of a folder
 * on its new MDT, of anything else on its old one.
 */
export function migrateDirectory(core: FsCore, path: string, mdtIndex: number): void {
  const dir = core.lookup(path)
  const link = dir.links[0]
  if (!link || !isDirectory(dir)) throw new Error(`lustresim: cannot migrate '${path}': it is not a folder below the root`)
  const children = childrenByFolder(core)
  emitAccess(core, dir, dir.fid)
  emitOpen(core, link.parent, link.parent.fid, OpenFlag.READ)
  const finish = migrateFolder(core, dir, link.parent.fid, link.name, mdtIndex)
  emitClose(core, link.parent, link.parent.fid, OpenFlag.READ)
  migrateEntries(core, dir, children, mdtIndex)
  finish()
}

interface Migrated extends Inode {
  /** The FID before the migration. */
  oldFid?: Fid
}

/** Moves the folder itself; the returned function ends it, after its entries. */
function migrateFolder(core: FsCore, dir: Migrated, parentFid: Fid, name: string, mdtIndex: number): () => void {
  dir.oldFid = dir.fid
  dir.fid = core.newFid(mdtIndex)
  const source = { fid: dir.oldFid, parent: parentFid, name }
  core.emit(mdtIndex, { type: RecordType.MIGRT, tfid: dir.fid, pfid: parentFid, name, source }, dir)
  emitOpen(core, dir, dir.fid, OpenFlag.READ)
  return () => {
    delete dir.oldFid
    emitClose(core, dir, dir.fid, OpenFlag.READ)
    core.emitFor(dir, { type: RecordType.LYOUT })
  }
}

function migrateEntries(core: FsCore, dir: Migrated, children: Children, mdtIndex: number): void {
  for (const { inode, name } of children.get(dir) ?? []) {
    if (isDirectory(inode)) {
      emitAccess(core, inode, inode.fid)
      const finish = migrateFolder(core, inode, dir.fid, name, mdtIndex)
      migrateEntries(core, inode, children, mdtIndex)
      finish()
    } else if (mdtOf(inode.fid) !== mdtIndex) {
      migrateFile(core, inode, dir, name, mdtIndex)
    }
  }
}

function migrateFile(core: FsCore, inode: Inode, dir: Migrated, name: string, mdtIndex: number): void {
  const oldFid = inode.fid
  const oldMdt = mdtOf(oldFid)
  if (isRegular(inode)) {
    emitOpen(core, inode, oldFid, OpenFlag.WRITE)
    core.emit(oldMdt, { type: RecordType.CLOSE, flags: OpenFlag.WRITE, tfid: oldFid, pfid: dir.links[0]!.parent.fid }, inode)
  }
  inode.fid = core.newFid(mdtIndex)
  const source = { fid: oldFid, parent: dir.fid, name }
  core.emit(oldMdt, { type: RecordType.MIGRT, tfid: inode.fid, pfid: dir.oldFid ?? dir.fid, name, source }, inode)
}

function emitAccess(core: FsCore, inode: Inode, fid: Fid): void {
  emitOpen(core, inode, fid, OpenFlag.READ)
  emitClose(core, inode, fid, OpenFlag.READ)
}

function emitOpen(core: FsCore, inode: Inode, fid: Fid, flags: number): void {
  const pfid = inode.links[0]?.parent.fid
  core.emit(mdtOf(fid), { type: RecordType.OPEN, flags, tfid: fid, isOpen: true, ...(pfid && { pfid }) }, inode)
}

function emitClose(core: FsCore, inode: Inode, fid: Fid, flags: number): void {
  core.emit(mdtOf(fid), { type: RecordType.CLOSE, flags, tfid: fid }, inode)
}

function childrenByFolder(core: FsCore): Children {
  const children = new Map<Inode, { inode: Inode; name: string }[]>()
  for (const inode of core.inodes.values()) {
    for (const { parent, name } of inode.links) {
      const list = children.get(parent)
      if (list) list.push({ inode, name })
      else children.set(parent, [{ inode, name }])
    }
  }
  for (const list of children.values()) list.sort((a, b) => (a.name < b.name ? -1 : 1))
  return children
}
