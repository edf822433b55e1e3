import { constants } from 'node:fs'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { setAttributes } from '../attributes/set-attributes.js'
import { readXattrs } from '../filediff/xattrs.js'
import { attributesDiffer } from './attributes-differ.js'
import type { FoundEntry } from './restore-types.js'

const TYPE_BITS = { p: constants.S_IFIFO, s: constants.S_IFSOCK, c: constants.S_IFCHR, b: constants.S_IFBLK } as const

export interface SpecialEntry {
  readonly source: number
  readonly path: Buffer
  readonly entry: FoundEntry
}

/** Makes a symlink, a fifo, a socket or a device with its attributes in a folder that nobody else can reach. Gives what is wrong with it, or null. */
export function makeSpecial(api: Lustreapi, { source, path, entry }: SpecialEntry, folder: number, name: Buffer): string | null {
  const { stat, linkTarget } = entry
  if (stat.type === 'f' || stat.type === 'd') throw new Error(`${stat.type} is no special entry`)
  if (stat.type === 'l') api.symlink(folder, name, linkTarget!)
  else api.mknod(folder, name, TYPE_BITS[stat.type] | 0o600, stat.rdev?.[0] ?? 0, stat.rdev?.[1] ?? 0)
  setAttributes(api, folder, name, stat, readXattrs(api, source, path), stat.type === 'l')
  if (stat.type === 'l' && !api.readlink(folder, name).equals(linkTarget!)) return 'target of the symlink'
  return attributesDiffer(api, { root: source, path }, { root: folder, path: name })
}
