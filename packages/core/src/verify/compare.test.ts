import { describe, expect, it } from 'vitest'
import type { EntryStat } from '../tree/tree-port.js'
import { ROOT_FID } from '../types/fid.js'
import { type PathBytes, parsePath } from '../types/path-bytes.js'
import { compareNames, compareObject, namesOf, type SeenObject } from './compare.js'
import type { VerifyEntry } from './verification-types.js'

const path = (text: string): PathBytes => parsePath(Buffer.from(text))!
const entryOf = (changes: Partial<VerifyEntry> = {}): VerifyEntry => ({
  fid: ROOT_FID,
  path: path('a'),
  type: 'f',
  mode: 0o644,
  uid: 1,
  gid: 2,
  size: 3n,
  mtimeNs: 4n,
  nlink: 1,
  rdev: null,
  acl: null,
  defaultAcl: null,
  released: false,
  links: [],
  complete: true,
  target: null,
  xattrs: {},
  ...changes,
})
const statOf = (changes: Partial<EntryStat> = {}): EntryStat => {
  const { type, mode, uid, gid, size, mtimeNs } = entryOf()
  return { type, mode, uid, gid, size, mtimeNs, nlink: 1, dev: 1n, ino: 1n, rdev: null, ...changes }
}
const told = (differences: ReturnType<typeof compareNames>) => differences.map(({ path: at, aspect }) => `${at} ${aspect}`)

describe('names', () => {
  const linked = entryOf({ links: [path('b'), path('c')], nlink: 3 })
  const three = { nlink: 3 }

  it.each<[string, VerifyEntry, (EntryStat | null)[], string[]]>([
    ['one that is there', entryOf(), [statOf()], []],
    ['one that is not', entryOf(), [null], ['a missing']],
    ['something else in its place', entryOf(), [statOf({ type: 'd', nlink: 2 })], ['a type']],
    ['one that somebody linked', entryOf(), [statOf({ nlink: 2 })], ['a hardlinks']],
    ['a directory with subdirectories', entryOf({ type: 'd' }), [statOf({ type: 'd', nlink: 9 })], []],
    ['all of a file', linked, [statOf(three), statOf(three), statOf(three)], []],
    ['one of a file missing', linked, [statOf({ nlink: 2 }), null, statOf({ nlink: 2 })], ['b missing']],
    ['one that became another file', linked, [statOf({ nlink: 2 }), statOf({ ino: 2n }), statOf({ nlink: 2 })], ['b hardlinks']],
    ['the first missing', linked, [null, statOf({ nlink: 2 }), statOf({ nlink: 2 })], ['a missing']],
    ['one too many', linked, [statOf({ nlink: 4 }), statOf({ nlink: 4 }), statOf({ nlink: 4 })], ['a hardlinks']],
    ['more than Lustre could name', { ...linked, complete: false }, [statOf({ nlink: 9 }), statOf({ nlink: 9 }), statOf({ nlink: 9 })], []],
  ])('%s', (_, entry, stats, expected) => {
    expect(namesOf(entry)).toHaveLength(stats.length)
    expect(told(compareNames(entry, stats))).toEqual(expected)
  })
})

describe('attributes', () => {
  const seen = (stat: Partial<EntryStat> = {}, changes: Partial<SeenObject> = {}): SeenObject => ({
    stat: statOf(stat),
    acl: null,
    defaultAcl: null,
    extras: { target: null, xattrs: {} },
    ...changes,
  })

  it.each<[string, Partial<VerifyEntry>, SeenObject, string[]]>([
    ['all right', {}, seen(), []],
    ['mode', {}, seen({ mode: 0o4644 }), ['mode 0644 4644']],
    ['owner and group', {}, seen({ uid: 9, gid: 8 }), ['owner 1 9', 'group 2 8']],
    ['size', {}, seen({ size: 9n }), ['size 3 9']],
    ['mtime, by a nanosecond', {}, seen({ mtimeNs: 5n }), ['mtime 1970-01-01 00:00:00.000000004 1970-01-01 00:00:00.000000005']],
    ['mtime before 1970', { mtimeNs: -1n }, seen(), ['mtime 1969-12-31 23:59:59.999999999 1970-01-01 00:00:00.000000004']],
    ['device', { type: 'c', rdev: [1, 3] }, seen({ type: 'c', rdev: [1, 5] }), ['device 1,3 1,5']],
    ['size of a directory, which means nothing', { type: 'd' }, seen({ type: 'd', size: 4096n }), []],
    ['mode of a symlink, which means nothing', { type: 'l' }, seen({ type: 'l', mode: 0o777 }), []],
    [
      'target of a symlink',
      { type: 'l', target: Buffer.from('x y') },
      seen({ type: 'l' }, { extras: { target: Buffer.from('z'), xattrs: {} } }),
      ['symlink x%20y z'],
    ],
    ['an xattr that is gone', { xattrs: { 'user.a': 'base64:' } }, seen(), ['xattr user.a=base64: no user.a']],
    ['an xattr too many', {}, seen({}, { extras: { target: null, xattrs: { 'user.a': 'base64:' } } }), ['xattr no user.a user.a=base64:']],
    ['what cannot be read', {}, seen({}, { extras: 'EIO' }), ['unreadable readable EIO']],
  ])('%s', (_, changes, found, expected) => {
    const differences = compareObject(entryOf(changes), path('a'), found)
    expect(differences.map((one) => `${one.aspect} ${one.expected} ${one.found}`)).toEqual(expected)
  })
})
