import { chmodSync, closeSync, constants, lchownSync, openSync } from 'node:fs'
import type { FsCore } from './fs-core.js'
import { isRegular, isSymlink } from './inode.js'
import { AttributeFlag, RecordType } from './record-types.js'
import { run, simtool } from './tool.js'

const ACCESS_ACL = 'system.posix_acl_access'
const DEFAULT_ACL = 'system.posix_acl_default'

/** SATTR always, also when nothing changes. */
export function changeMode(core: FsCore, path: string, mode: number): void {
  const inode = core.lookup(path)
  if (isSymlink(inode)) throw Object.assign(new Error(`lustresim: chmod '${path}': a symlink, which is not followed`), { code: 'ELOOP' })
  chmodSync(core.real(path), mode)
  core.remember(inode, path)
  core.emitFor(inode, { type: RecordType.SATTR, flags: AttributeFlag.MODE | AttributeFlag.CTIME })
}

/** null leaves the owner or the group as it is. */
export function changeOwner(core: FsCore, path: string, uid: number | null, gid: number | null): void {
  const inode = core.lookup(path)
  lchownSync(core.real(path), uid ?? inode.uid, gid ?? inode.gid)
  core.remember(inode, path)
  let flags = AttributeFlag.CTIME | (uid === null ? 0 : AttributeFlag.UID) | (gid === null ? 0 : AttributeFlag.GID)
  // The client sends the block count along, unless it may still be writing.
  if (isRegular(inode) && !core.opens.isOpenForWrite(inode)) flags |= AttributeFlag.BLOCKS
  core.emitFor(inode, { type: RecordType.SATTR, flags })
}

/** MTIME only while the MDT remembers no record of the inode: mostly never. */
export function changeTimes(core: FsCore, path: string, atimeSeconds: number, mtimeSeconds: number): void {
  const inode = core.lookup(path)
  core.keepDirTime(inode)
  core.setTimes(path, mtimeSeconds, atimeSeconds)
  core.remember(inode, path)
  if (inode.recorded) return
  const pfid = inode.links[0]?.parent.fid
  const flags = AttributeFlag.ATIME | AttributeFlag.MTIME | AttributeFlag.CTIME
  core.emitFor(inode, { type: RecordType.MTIME, flags, ...(pfid && { pfid }) })
}

/** The MDTs drop their inodes from memory: the next utimes of each is recorded again. */
export function dropMdtCache(core: FsCore): void {
  core.begin()
  for (const inode of core.inodes.values()) inode.recorded = false
}

/** XATTR with the name; an access ACL set this way gives no record, as with setfacl. */
export function setAttribute(core: FsCore, path: string, name: string, value: Buffer): void {
  const inode = core.lookup(path)
  simtool('setxattr', core.real(path), Buffer.from(name), value)
  core.remember(inode, path)
  if (name !== ACCESS_ACL) core.emitFor(inode, { type: RecordType.XATTR, xattr: name })
}

/** XATTR with the name, also for an access ACL. */
export function removeAttribute(core: FsCore, path: string, name: string): void {
  const inode = core.lookup(path)
  simtool('removexattr', core.real(path), Buffer.from(name))
  core.remember(inode, path)
  core.emitFor(inode, { type: RecordType.XATTR, xattr: name })
}

/**
 * Runs setfacl with these arguments (`['-m', 'u:1000:rw']`, `['-b']`, `['-d', '-m', …]`) on one entry. A default ACL is recorded as
 * XATTR; an access ACL is not recorded at all, even where it changes the mode.
 */
export function setFacl(core: FsCore, path: string, args: readonly string[]): void {
  const inode = core.lookup(path)
  const fd = openSync(core.real(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    run('setfacl', [...args, `/proc/${process.pid}/fd/${fd}`])
  } finally {
    closeSync(fd)
  }
  core.remember(inode, path)
  const concernsDefault = args.some((arg) => /^-[a-z]*[dk]|^--(default|remove-default)|^d(efault)?:/.test(arg))
  if (concernsDefault) core.emitFor(inode, { type: RecordType.XATTR, xattr: DEFAULT_ACL })
}
