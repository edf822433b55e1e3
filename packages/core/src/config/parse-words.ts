import { fail, ok } from '../types/result.js'
import { matching, type ValueParser } from './parse-value.js'

/** `host` or `user@host`: never an option to ssh. */
export const HOST = matching(/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a host name, with or without USER@')

/** A Lustre file system name. */
export const FSNAME = matching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,7}$/, 'a file system name of 1 to 8 letters, digits, _ or -')

export const NID = matching(/^[A-Za-z0-9_[][A-Za-z0-9_.:,@[\]-]*$/, 'the NID of the MGS, such as 10.0.0.1@tcp')

export const CHANGELOG_USER = matching(/^cl[0-9]{1,9}(?:-[A-Za-z0-9_.-]{1,32})?$/, 'a changelog user such as cl1')

export const MOUNT_OPTION = matching(/^[A-Za-z_][A-Za-z0-9_.:=@/+-]*$/, 'mount options separated by commas')

/** `MDT0000` or `FSNAME-MDT0000`, in the canonical form `MDT0000`. */
export function mdtName(fsname: string): ValueParser<string> {
  return (text) => {
    const match = /^(?:(.+)-)?MDT([0-9a-fA-F]{4})$/.exec(text)
    if (match === null) return fail('must be MDT0000 or FSNAME-MDT0000, several separated by commas')
    if (match[1] !== undefined && match[1] !== fsname) return fail(`must belong to fsname = ${fsname}`)
    return ok(`MDT${match[2]!.toLowerCase()}`)
  }
}
