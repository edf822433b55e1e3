import { copyFileSync, existsSync, mkdirSync, rmSync, truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { formatFid } from './fid.js'
import { closeFile, openFile } from './file-ops.js'
import type { FsCore } from './fs-core.js'
import type { Inode } from './inode.js'
import { HsmEvent, HsmState, RecordType } from './record-types.js'
import { simtool } from './tool.js'

const HSM_ATTRS_BYTES = 24
/** What the C library tells of a file without objects. */
const NO_DATA_VERSION = 0

export interface HsmOptions {
  readonly exists?: boolean
  readonly archived?: boolean
  readonly dirty?: boolean
  readonly lost?: boolean
  readonly archiveId?: number
}

/** Sets or clears the given states, as `lfs hsm_set` and `hsm_clear` do: an open, the HSM record, a close. */
export function setHsmState(core: FsCore, path: string, options: HsmOptions): void {
  const handle = openFile(core, path, { write: true })
  const { inode } = handle.key
  const bits = { exists: HsmState.EXISTS, archived: HsmState.ARCHIVED, dirty: HsmState.DIRTY, lost: HsmState.LOST }
  for (const [name, bit] of Object.entries(bits) as [keyof typeof bits, number][]) {
    if (options[name] === true) inode.hsmStates |= bit
    if (options[name] === false) inode.hsmStates &= ~bit
  }
  inode.hsmArchiveId = options.archiveId ?? inode.hsmArchiveId
  emitHsm(core, inode, HsmEvent.STATE)
  closeFile(core, handle)
}

/**
 * Archives a file and releases it: size and times stay, the data are gone until it is restored, and with them the data version. Whoever reads it in
 * the tree gets zeros, so that a backup that opens it is found out.
 */
export function release(core: FsCore, path: string): void {
  const inode = core.lookup(path)
  if (inode.hsmStates & HsmState.RELEASED) return
  // The copy for the archive makes the clients write back what they hold.
  rmSync(core.unflushedPath(inode), { force: true })
  core.settlePending(inode)
  mkdirSync(core.paths.hsm, { recursive: true })
  copyFileSync(core.real(path), archivePath(core, inode))
  truncateSync(core.real(path), 0)
  truncateSync(core.real(path), inode.size)
  inode.hsmStates |= HsmState.EXISTS | HsmState.ARCHIVED | HsmState.RELEASED
  noteArchived(core, inode, path)
  inode.dataVersion = NO_DATA_VERSION
  restoreTimes(core, inode, path)
  emitHsm(core, inode, HsmEvent.RELEASE)
  core.emitFor(inode, { type: RecordType.LYOUT, ...parentOf(inode) })
}

/** Brings the data back, into objects that have a data version of their own. */
export function restore(core: FsCore, path: string): void {
  const inode = core.lookup(path)
  if ((inode.hsmStates & HsmState.RELEASED) === 0) return
  const archive = archivePath(core, inode)
  if (existsSync(archive)) {
    copyFileSync(archive, core.real(path))
    unlinkSync(archive)
  }
  inode.hsmStates &= ~HsmState.RELEASED
  inode.dataVersion = core.newDataVersion()
  noteArchived(core, inode, path)
  restoreTimes(core, inode, path)
  emitHsm(core, inode, HsmEvent.RESTORE)
  core.emitFor(inode, { type: RecordType.LYOUT, ...parentOf(inode) })
}

/** Writes what the MDT keeps of the archived file where clients see it. Only root has such xattrs: without it there are none. */
function noteArchived(core: FsCore, inode: Inode, path: string): void {
  if (process.getuid?.() !== 0) return
  const attrs = Buffer.alloc(HSM_ATTRS_BYTES)
  attrs.writeUInt32LE(inode.hsmStates, 4)
  attrs.writeBigUInt64LE(BigInt(inode.hsmArchiveId), 8)
  attrs.writeBigUInt64LE(BigInt(inode.dataVersion), 16)
  simtool('setxattr', core.real(path), Buffer.from('trusted.hsm'), attrs)
}

function restoreTimes(core: FsCore, inode: Inode, path: string): void {
  core.setTimes(path, Number(inode.mtimeNs / 1_000_000_000n))
  core.remember(inode, path)
}

function emitHsm(core: FsCore, inode: Inode, event: number): void {
  core.emitFor(inode, { type: RecordType.HSM, flags: event << 7, ...parentOf(inode) })
}

function parentOf(inode: Inode) {
  const pfid = inode.links[0]?.parent.fid
  return pfid ? { pfid } : {}
}

function archivePath(core: FsCore, inode: Inode): string {
  return join(core.paths.hsm, formatFid(inode.fid).slice(1, -1).replaceAll(':', '_'))
}
