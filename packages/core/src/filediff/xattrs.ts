import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { INTERNAL_XATTRS } from '../transfer/rsync-plan.js'
import type { Xattr } from './filediff-types.js'

/** Whether an attribute describes an object of one Lustre file system, and not the file. */
export function isInternalXattr(name: Buffer): boolean {
  const text = name.toString('latin1')
  return INTERNAL_XATTRS.some((internal) => (internal.endsWith('*') ? text.startsWith(internal.slice(0, -1)) : text === internal))
}

/** All attributes of a file that a backup keeps, ACLs among them. */
export function readXattrs(api: Lustreapi, root: number, path: Buffer): Xattr[] {
  return api
    .listXattr(root, path)
    .filter((name) => !isInternalXattr(name))
    .flatMap((name) => {
      const value = api.getXattr(root, path, name)
      return value === null ? [] : [{ name, value }]
    })
}

/** Gives a file exactly these attributes; its internal ones stay. */
export function writeXattrs(api: Lustreapi, root: number, path: Buffer, wanted: readonly Xattr[]): void {
  const present = readXattrs(api, root, path)
  const find = (list: readonly Xattr[], name: Buffer) => list.find((xattr) => xattr.name.equals(name))
  for (const { name } of present) if (find(wanted, name) === undefined) api.removeXattr(root, path, name)
  for (const { name, value } of wanted) {
    if (isInternalXattr(name)) continue
    if (find(present, name)?.value.equals(value) !== true) api.setXattr(root, path, name, value)
  }
}
