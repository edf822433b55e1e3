import { chmodSync, linkSync, mkdirSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { ZERO_FID } from './fid.js'
import { takeOwnership } from './file-ops.js'
import type { FsCore } from './fs-core.js'
import { addLink, type Inode, pathOf, removeLink } from './inode.js'
import { placeDirectory, placeEntry } from './placement.js'
import { HSM_COPY_EXISTS, HsmState, LAST_LINK, RecordType } from './record-types.js'
import { splitPath } from './sim-path.js'
import { simtool } from './tool.js'

export interface MkdirOptions {
  readonly mode?: number
  /** The MDT to put it on; without it Lustre's default placement. */
  readonly mdt?: number
  /** Spread the entries over this many MDTs, beginning with the folder's own. */
  readonly stripeCount?: number
}

export type SpecialType = 'fifo' | 'socket' | 'char' | 'block'

export interface MknodOptions {
  readonly mode?: number
  readonly major?: number
  readonly minor?: number
}

/** MKDIR is on the MDT that holds the new folder. */
export function makeDirectory(core: FsCore, path: string, options: MkdirOptions): Inode {
  const { parent, name } = core.lookupParent(path)
  mkdirSync(core.real(path), { mode: options.mode ?? 0o755 })
  if (options.mode !== undefined) chmodSync(core.real(path), options.mode)
  takeOwnership(core, path)
  const mdt = options.mdt ?? placeDirectory(core, parent, splitPath(path).parent, name)
  const inode = core.enter(core.stat(path), parent, name, core.newFid(mdt))
  inode.stripeCount = options.stripeCount ?? 0
  core.touchDir(inode)
  core.emitFor(inode, { type: RecordType.MKDIR, pfid: parent.fid, name })
  return inode
}

export function makeSymlink(core: FsCore, target: Buffer, path: string): Inode {
  const { parent, name } = core.lookupParent(path)
  symlinkSync(target, core.real(path))
  return finishNew(core, path, parent, name, RecordType.SLINK)
}

export function makeSpecial(core: FsCore, path: string, type: SpecialType, options: MknodOptions): Inode {
  const { parent, name } = core.lookupParent(path)
  const mode = (options.mode ?? 0o644).toString(8)
  simtool('mknod', core.real(path), type, mode, String(options.major ?? 0), String(options.minor ?? 0))
  return finishNew(core, path, parent, name, RecordType.MKNOD)
}

function finishNew(core: FsCore, path: string, parent: Inode, name: string, type: number): Inode {
  takeOwnership(core, path)
  const seconds = core.seconds()
  core.setTimes(path, seconds, seconds)
  const inode = core.enter(core.stat(path), parent, name, core.newFid(placeEntry(parent, name)))
  core.emitFor(inode, { type, pfid: parent.fid, name })
  return inode
}

/** HLINK is on the MDT of the new name, wherever the inode is. */
export function makeLink(core: FsCore, existing: string, path: string): void {
  const inode = core.lookup(existing)
  const { parent, name } = core.lookupParent(path)
  linkSync(core.real(existing), core.real(path))
  addLink(inode, parent, name)
  core.remember(inode, path)
  core.touchDir(parent)
  core.emit(placeEntry(parent, name), { type: RecordType.HLINK, tfid: inode.fid, pfid: parent.fid, name }, inode)
}

/** UNLNK is on the MDT of the inode; the flag says that this was the last name, also while somebody holds the file open. */
export function removeFile(core: FsCore, path: string): void {
  const inode = core.lookup(path)
  const { parent, name } = core.lookupParent(path)
  unlinkSync(core.real(path))
  const isLast = dropLink(core, inode, parent, name, () => core.remember(inode, pathOf(inode)))
  const flags = isLast ? LAST_LINK | (inode.hsmStates & HsmState.ARCHIVED ? HSM_COPY_EXISTS : 0) : 0
  core.emitFor(inode, { type: RecordType.UNLNK, flags, pfid: parent.fid, name })
}

export function removeDirectory(core: FsCore, path: string): void {
  const inode = core.lookup(path)
  const { parent, name } = core.lookupParent(path)
  rmdirSync(core.real(path))
  dropLink(core, inode, parent, name, () => {})
  core.emitFor(inode, { type: RecordType.RMDIR, flags: LAST_LINK, pfid: parent.fid, name })
}

/** Takes a name away; tells whether it was the last one. */
function dropLink(core: FsCore, inode: Inode, parent: Inode, name: string, whenKept: () => void): boolean {
  removeLink(inode, parent, name)
  core.touchDir(parent)
  if (inode.links.length > 0) whenKept()
  else core.forget(inode)
  return inode.links.length === 0
}

/**
 * RENME is on the MDT of the new folder. What was at the new name is the record's tfid; the flag says that its last link went, and
 * is absent while somebody holds it open. Two links of one inode: nothing happens and nothing is logged.
 */
export function renameEntry(core: FsCore, from: string, to: string): void {
  const inode = core.lookup(from)
  const victim = core.tryLookup(to)
  if (victim === inode) return
  const source = core.lookupParent(from)
  const target = core.lookupParent(to)
  renameSync(core.real(from), core.real(to))
  const isHeld = victim !== null && core.opens.isOpen(victim)
  const victimGone = victim !== null && dropLink(core, victim, target.parent, target.name, () => core.remember(victim, pathOf(victim)))
  removeLink(inode, source.parent, source.name)
  addLink(inode, target.parent, target.name)
  core.remember(inode, to)
  core.touchDir(source.parent)
  core.touchDir(target.parent)
  const record = {
    type: RecordType.RENME,
    flags: victimGone && !isHeld ? LAST_LINK : 0,
    tfid: victim?.fid ?? ZERO_FID,
    pfid: target.parent.fid,
    name: target.name,
    source: { fid: inode.fid, parent: source.parent.fid, name: source.name },
  }
  core.emit(placeEntry(target.parent, target.name), record, inode)
}
