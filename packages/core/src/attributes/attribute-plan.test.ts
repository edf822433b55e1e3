import { describe, expect, it } from 'vitest'
import type { MapNode } from '../backupmap/backupmap-types.js'
import { ROOT_FID } from '../types/fid.js'
import { parsePath } from '../types/path-bytes.js'
import { planAttributes, type SeenAttributes } from './attribute-plan.js'
import { sameAcl } from './posix-acl.js'

const node: MapNode = {
  fid: ROOT_FID,
  path: parsePath(Buffer.from('a'))!,
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
}
const seen = (changes: Partial<SeenAttributes['stat']> = {}): SeenAttributes => {
  const { type, mode, uid, gid, size, mtimeNs, nlink } = node
  return { stat: { type, mode, uid, gid, size, mtimeNs, nlink, dev: 1n, ino: 1n, rdev: null, ...changes }, acl: null, defaultAcl: null }
}

/** Entries are tag, permissions, id. */
function acl(...entries: [number, number, number][]): Buffer {
  const bytes = Buffer.alloc(4 + entries.length * 8)
  bytes.writeUInt32LE(2, 0)
  entries.forEach(([tag, permissions, id], index) => {
    bytes.writeUInt16LE(tag, 4 + index * 8)
    bytes.writeUInt16LE(permissions, 6 + index * 8)
    bytes.writeUInt32LE(id, 8 + index * 8)
  })
  return bytes
}

const NONE = 0xffffffff
const NAMED = acl([1, 6, NONE], [2, 7, 99], [4, 5, NONE], [16, 7, NONE], [32, 4, NONE])
const nothing = { owner: false, acl: false, defaultAcl: false, mode: false, mtime: false }

describe('attributes', () => {
  it.each<[string, Partial<MapNode>, SeenAttributes | null, object]>([
    ['all as they should be', {}, seen(), { kind: 'right' }],
    ['other mode', {}, seen({ mode: 0o600 }), { kind: 'to-fix', fixes: { ...nothing, mode: true } }],
    ['other owner: the mode is set again', {}, seen({ uid: 9 }), { kind: 'to-fix', fixes: { ...nothing, owner: true, mode: true } }],
    ['other group', {}, seen({ gid: 9 }), { kind: 'to-fix', fixes: { ...nothing, owner: true, mode: true } }],
    ['other time, by a nanosecond', {}, seen({ mtimeNs: 5n }), { kind: 'to-fix', fixes: { ...nothing, mtime: true } }],
    ['an ACL is missing', { acl: NAMED }, seen(), { kind: 'to-fix', fixes: { ...nothing, acl: true, mode: true } }],
    ['an ACL too much', {}, { ...seen(), acl: NAMED }, { kind: 'to-fix', fixes: { ...nothing, acl: true, mode: true } }],
    [
      'a default ACL is missing',
      { type: 'd', defaultAcl: NAMED },
      seen({ type: 'd' }),
      { kind: 'to-fix', fixes: { ...nothing, defaultAcl: true } },
    ],
    ['mode of a symlink', { type: 'l' }, seen({ type: 'l', mode: 0o777 }), { kind: 'right' }],
    ['size of a directory', { type: 'd', size: 0n }, seen({ type: 'd', size: 4096n }), { kind: 'right' }],
    ['not there', {}, null, { kind: 'wrong', reason: 'it is not on the target' }],
    ['other size', {}, seen({ size: 9n }), { kind: 'wrong', reason: 'its size is 9 instead of 3' }],
    ['other type', {}, seen({ type: 'l' }), { kind: 'wrong', reason: 'its type is l instead of f' }],
    ['other device', { type: 'c', rdev: [1, 3] }, seen({ type: 'c', rdev: [1, 5] }), { kind: 'wrong', reason: 'its device number is 1,5' }],
  ])('%s', (_, changes, found, expected) => {
    expect(planAttributes({ ...node, ...changes }, found)).toEqual(expected)
  })
})

describe('ACLs', () => {
  it('are the same in any order, and without regard to ids where none belongs', () => {
    const other = acl([32, 4, 0], [16, 7, 0], [4, 5, 0], [2, 7, 99], [1, 6, 0])
    expect(sameAcl(NAMED, other, 'access')).toBe(true)
  })

  it.each([
    ['another permission', acl([1, 6, NONE], [2, 6, 99], [4, 5, NONE], [16, 7, NONE], [32, 4, NONE])],
    ['another user', acl([1, 6, NONE], [2, 7, 98], [4, 5, NONE], [16, 7, NONE], [32, 4, NONE])],
    ['a group instead of the user', acl([1, 6, NONE], [8, 7, 99], [4, 5, NONE], [16, 7, NONE], [32, 4, NONE])],
    ['the group emptied, as rsync does it', acl([1, 6, NONE], [2, 7, 99], [4, 0, NONE], [16, 7, NONE], [32, 4, NONE])],
    ['none', null],
  ])('differ: %s', (_, other) => {
    expect(sameAcl(NAMED, other, 'access')).toBe(false)
  })

  it('that say what the mode says are none, but not as a default', () => {
    const plain = acl([1, 6, NONE], [4, 5, NONE], [32, 4, NONE])
    expect(sameAcl(plain, null, 'access')).toBe(true)
    expect(sameAcl(plain, null, 'default')).toBe(false)
  })

  it('that cannot be read are only the same byte by byte', () => {
    expect(sameAcl(Buffer.from([1, 2]), Buffer.from([1, 2]), 'access')).toBe(true)
    expect(sameAcl(Buffer.from([1, 2]), null, 'access')).toBe(false)
  })
})
