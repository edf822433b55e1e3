import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import type { Xattr } from '../filediff/filediff-types.js'
import { writeXattrs } from '../filediff/xattrs.js'

/** What an entry of any type has beside its content. */
export interface PlainAttributes {
  readonly uid: number
  readonly gid: number
  /** Permission bits with setuid, setgid and sticky; symlinks have none. */
  readonly mode: number
  readonly mtimeNs: bigint
}

/** Gives an entry exactly these attributes. Only what differs is set, so that one that is right already stays provably the same. */
export function setAttributes(
  api: Lustreapi,
  root: number,
  path: Buffer,
  wanted: PlainAttributes,
  xattrs: readonly Xattr[] | null,
  isSymlink = false,
): void {
  const now = api.lstat(root, path)
  if (now.uid !== wanted.uid || now.gid !== wanted.gid) api.chown(root, path, wanted.uid, wanted.gid)
  // After the owner, which takes capabilities and setuid away; before the mode, which an ACL changes.
  if (xattrs !== null) writeXattrs(api, root, path, xattrs)
  if (!isSymlink && (api.lstat(root, path).mode & 0o7777) !== wanted.mode) api.chmod(root, path, wanted.mode)
  if (api.lstat(root, path).mtimeNs !== wanted.mtimeNs) api.utimes(root, path, null, wanted.mtimeNs)
}
