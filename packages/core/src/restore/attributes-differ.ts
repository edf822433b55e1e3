import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { ACCESS_ACL, DEFAULT_ACL, sameAcl } from '../attributes/posix-acl.js'
import type { Xattr } from '../filediff/filediff-types.js'
import { readXattrs } from '../filediff/xattrs.js'
import { typeOfMode } from '../tree/entry-type.js'

export interface EntryPlace {
  readonly root: number
  readonly path: Buffer
}

/** The name of the first attribute in which two entries differ; null = in none. Content is not looked at. */
export function attributesDiffer(api: Lustreapi, wanted: EntryPlace, found: EntryPlace): string | null {
  const [a, b] = [api.lstat(wanted.root, wanted.path), api.lstat(found.root, found.path)]
  const type = typeOfMode(a.mode)
  if (type !== typeOfMode(b.mode)) return 'type'
  if (a.uid !== b.uid || a.gid !== b.gid) return 'owner'
  if (type !== 'l' && a.mode !== b.mode) return 'mode'
  if (type === 'f' && a.size !== b.size) return 'size'
  if ((type === 'c' || type === 'b') && (a.rdevMajor !== b.rdevMajor || a.rdevMinor !== b.rdevMinor)) return 'device number'
  if (a.mtimeNs !== b.mtimeNs) return 'time of change'
  return xattrsDiffer(readXattrs(api, wanted.root, wanted.path), readXattrs(api, found.root, found.path))
}

function xattrsDiffer(wanted: readonly Xattr[], found: readonly Xattr[]): string | null {
  const names = new Set([...wanted, ...found].map(({ name }) => name.toString('latin1')))
  return [...names].find((name) => !sameXattr(name, xattrNamed(wanted, name), xattrNamed(found, name))) ?? null
}

function sameXattr(name: string, a: Buffer | null, b: Buffer | null): boolean {
  if (name === ACCESS_ACL) return sameAcl(a, b, 'access')
  if (name === DEFAULT_ACL) return sameAcl(a, b, 'default')
  return a !== null && b !== null && a.equals(b)
}

function xattrNamed(xattrs: readonly Xattr[], name: string): Buffer | null {
  return xattrs.find((xattr) => xattr.name.toString('latin1') === name)?.value ?? null
}
