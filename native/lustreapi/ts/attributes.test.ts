import { constants } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { builtAddon, bytes, codeOf, makeTestRoot, type TestRoot } from './testing/test-root.js'

const addon = builtAddon()
const isRoot = process.getuid?.() === 0
const PERMISSIONS = 0o7777

let root: TestRoot
beforeEach(() => {
  root = makeTestRoot(addon)
  addon.mknod(root.fd, bytes('file'), constants.S_IFREG | 0o644)
  addon.mknod(root.fd, bytes('fifo'), constants.S_IFIFO | 0o600)
  addon.symlink(root.fd, bytes('link'), bytes('file'))
})
afterEach(() => root[Symbol.dispose]())

describe('mode, owner and times', () => {
  it('sets every permission bit, of a fifo too', () => {
    for (const name of ['file', 'fifo']) {
      addon.chmod(root.fd, bytes(name), 0o7321)
      expect(addon.lstat(root.fd, bytes(name)).mode & PERMISSIONS).toBe(0o7321)
    }
  })

  it('never sets the mode of what a symlink points to', () => {
    expect(codeOf(() => addon.chmod(root.fd, bytes('link'), 0o777))).toBe('ENOTSUP')
    expect(addon.lstat(root.fd, bytes('file')).mode & PERMISSIONS).toBe(0o644)
  })

  it.runIf(isRoot)('sets the owner of a symlink itself, or only one of the two', () => {
    addon.chown(root.fd, bytes('link'), 1234, 4_000_000_000)
    addon.chown(root.fd, bytes('link'), null, 7)
    addon.chown(root.fd, bytes('fifo'), 5, null)
    expect(addon.lstat(root.fd, bytes('link'))).toMatchObject({ uid: 1234, gid: 7 })
    expect(addon.lstat(root.fd, bytes('fifo'))).toMatchObject({ uid: 5, gid: 0 })
    expect(addon.lstat(root.fd, bytes('file'))).toMatchObject({ uid: 0, gid: 0 })
  })

  it('sets times to the nanosecond, before 1970 and of a symlink itself too', () => {
    const before = addon.lstat(root.fd, bytes('file'))
    addon.utimes(root.fd, bytes('link'), 1_000_000_007n, 1_600_000_000_123_456_789n)
    addon.utimes(root.fd, bytes('fifo'), null, -1_500_000_001n)
    expect(addon.lstat(root.fd, bytes('link'))).toMatchObject({ atimeNs: 1_000_000_007n, mtimeNs: 1_600_000_000_123_456_789n })
    expect(addon.lstat(root.fd, bytes('fifo')).mtimeNs).toBe(-1_500_000_001n)
    expect(addon.lstat(root.fd, bytes('file')).mtimeNs).toBe(before.mtimeNs)
  })

  it('leaves the atime alone for null', () => {
    addon.utimes(root.fd, bytes('file'), 42n, 1n)
    addon.utimes(root.fd, bytes('file'), null, 2n)
    expect(addon.lstat(root.fd, bytes('file'))).toMatchObject({ atimeNs: 42n, mtimeNs: 2n })
  })
})

describe('extended attributes', () => {
  it('sets, lists, gets and removes', () => {
    const value = Buffer.from([0, 1, 255, 10])
    addon.setXattr(root.fd, bytes('file'), 'user.a', value)
    addon.setXattr(root.fd, bytes('file'), 'user.empty', bytes(''))
    const own = addon.listXattr(root.fd, bytes('file')).map(String)
    expect(own.filter((name) => name.startsWith('user.')).sort()).toEqual(['user.a', 'user.empty'])
    expect(addon.getXattr(root.fd, bytes('file'), 'user.a')).toEqual(value)
    expect(addon.getXattr(root.fd, bytes('file'), 'user.empty')).toEqual(bytes(''))
    addon.removeXattr(root.fd, bytes('file'), 'user.a')
    expect(addon.getXattr(root.fd, bytes('file'), 'user.a')).toBeNull()
    expect(codeOf(() => addon.removeXattr(root.fd, bytes('file'), 'user.a'))).toBe('ENODATA')
    expect(codeOf(() => addon.getXattr(root.fd, bytes('none'), 'user.a'))).toBe('ENOENT')
  })

  it.runIf(isRoot).each(['link', 'fifo', 'file', ''])('keeps trusted attributes of %j itself', (name) => {
    addon.setXattr(root.fd, bytes(name), 'trusted.own', bytes(`of ${name}`))
    expect(addon.getXattr(root.fd, bytes(name), 'trusted.own')).toEqual(bytes(`of ${name}`))
    expect(addon.listXattr(root.fd, bytes(name)).map(String)).toContain('trusted.own')
    const others = ['link', 'fifo', 'file', ''].filter((other) => other !== name)
    expect(others.map((other) => addon.getXattr(root.fd, bytes(other), 'trusted.own'))).toEqual([null, null, null])
  })

  it('sets and gets a raw ACL, which changes the mode through its mask', () => {
    const acl = aclOf([
      [0x01, 6, 0xffffffff],
      [0x02, 6, 1000],
      [0x04, 0, 0xffffffff],
      [0x10, 6, 0xffffffff],
      [0x20, 4, 0xffffffff],
    ])
    addon.setXattr(root.fd, bytes('file'), 'system.posix_acl_access', acl)
    expect(addon.getXattr(root.fd, bytes('file'), 'system.posix_acl_access')).toEqual(acl)
    expect(addon.lstat(root.fd, bytes('file')).mode & PERMISSIONS).toBe(0o664)
    addon.removeXattr(root.fd, bytes('file'), 'system.posix_acl_access')
    expect(addon.getXattr(root.fd, bytes('file'), 'system.posix_acl_access')).toBeNull()
  })
})

/** The kernel's form of an ACL: version 2, then (tag, permissions, id) each. */
function aclOf(entries: readonly (readonly [number, number, number])[]): Buffer {
  const acl = Buffer.alloc(4 + entries.length * 8)
  acl.writeUInt32LE(2, 0)
  for (const [index, [tag, permissions, id]] of entries.entries()) {
    const at = 4 + index * 8
    acl.writeUInt16LE(tag, at)
    acl.writeUInt16LE(permissions, at + 2)
    acl.writeUInt32LE(id, at + 4)
  }
  return acl
}
