import { closeSync, constants, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DT_DIR, DT_FIFO, DT_LNK, DT_REG } from './binding.js'
import { ErrnoError } from './errno.js'
import { builtAddon, bytes, codeOf, makeTestRoot, type TestRoot } from './testing/test-root.js'

const addon = builtAddon()
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, S_IFIFO, S_IFMT } = constants

describe.each([
  ['with openat2', true],
  ['component by component', false],
])('calls beneath a root, %s', (_name, openat2) => {
  let root: TestRoot
  beforeEach(() => {
    addon.setOpenat2Enabled(openat2)
    root = makeTestRoot(addon)
  })
  afterEach(() => {
    root[Symbol.dispose]()
    addon.setOpenat2Enabled(true)
  })

  const createFile = (path: string | Buffer, content = '') => {
    const fd = addon.openFile(root.fd, Buffer.from(path), O_WRONLY | O_CREAT | O_EXCL)
    writeSync(fd, content)
    closeSync(fd)
  }

  it('makes, lists, renames, links and removes', () => {
    addon.mkdir(root.fd, bytes('d'), 0o700)
    createFile('d/f', 'content')
    addon.link(root.fd, bytes('d/f'), root.fd, bytes('g'))
    addon.rename(root.fd, bytes('d/f'), root.fd, bytes('d/h'))
    addon.symlink(root.fd, bytes('d/s'), bytes('../nowhere'))
    addon.mknod(root.fd, bytes('d/p'), S_IFIFO | 0o600)

    expect(addon.readdir(root.fd, bytes('')).map(String).sort()).toEqual(['d', 'g'])
    const types = addon.readdirTypes(root.fd, bytes('d')).map(({ name, type }) => [name.toString(), type])
    expect(new Map(types as [string, number][])).toEqual(
      new Map([
        ['h', DT_REG],
        ['p', DT_FIFO],
        ['s', DT_LNK],
      ]),
    )
    expect(addon.readdirTypes(root.fd, bytes('')).find(({ name }) => name.toString() === 'd')?.type).toBe(DT_DIR)
    expect(addon.readlink(root.fd, bytes('d/s')).toString()).toBe('../nowhere')
    expect(addon.lstat(root.fd, bytes('g'))).toMatchObject({ nlink: 2, size: 7n, ino: addon.lstat(root.fd, bytes('d/h')).ino })

    expect(codeOf(() => addon.rmdir(root.fd, bytes('d')))).toBe('ENOTEMPTY')
    for (const name of ['h', 's', 'p']) addon.unlink(root.fd, bytes(`d/${name}`))
    addon.rmdir(root.fd, bytes('d'))
    expect(readFileSync(join(root.path, 'g'), 'utf8')).toBe('content')
    expect(addon.readdir(root.fd, bytes('')).map(String)).toEqual(['g'])
  })

  it('follows no symlink in any component', () => {
    mkdirSync(join(root.path, 'outside'))
    writeFileSync(join(root.path, 'outside/f'), '')
    mkdirSync(join(root.path, 'in'))
    symlinkSync('../outside', join(root.path, 'in/s'))
    symlinkSync(join(root.path, 'outside'), join(root.path, 'in/absolute'))
    using inside = { fd: addon.openRoot(join(root.path, 'in')), [Symbol.dispose]: () => addon.closeRoot(inside.fd) }

    for (const link of ['s', 'absolute']) {
      const below = bytes(`${link}/f`)
      const calls: [string, () => unknown][] = [
        ['lstat', () => addon.lstat(inside.fd, below)],
        ['unlink', () => addon.unlink(inside.fd, below)],
        ['mkdir', () => addon.mkdir(inside.fd, bytes(`${link}/new`))],
        ['rename from', () => addon.rename(inside.fd, below, inside.fd, bytes('x'))],
        ['rename to', () => addon.rename(root.fd, bytes('outside/f'), inside.fd, bytes(`${link}/x`))],
        ['link', () => addon.link(inside.fd, below, inside.fd, bytes('x'))],
        ['symlink', () => addon.symlink(inside.fd, bytes(`${link}/x`), bytes('t'))],
        ['mknod', () => addon.mknod(inside.fd, bytes(`${link}/x`), S_IFIFO)],
        ['chmod', () => addon.chmod(inside.fd, below, 0o777)],
        ['chown', () => addon.chown(inside.fd, below, 1, 1)],
        ['utimes', () => addon.utimes(inside.fd, below, null, 0n)],
        ['setXattr', () => addon.setXattr(inside.fd, below, 'user.x', bytes('1'))],
        ['open below', () => addon.openFile(inside.fd, below, O_RDONLY)],
        ['open', () => addon.openFile(inside.fd, bytes(link), O_RDONLY)],
        ['readdir', () => addon.readdir(inside.fd, bytes(link))],
        ['readdir below', () => addon.readdir(inside.fd, bytes(`${link}/f`))],
      ]
      expect(calls.map(([name, call]) => [name, codeOf(call)])).toEqual(calls.map(([name]) => [name, 'ELOOP']))
    }
    expect(addon.readdir(root.fd, bytes('outside')).map(String)).toEqual(['f'])
  })

  it.each(['..', '../x', 'a/..', 'a/../b', '/etc', '/', 'a//b', 'a/', './a', 'a/./b', '.', 'a\0b'])('refuses the path %j', (path) => {
    mkdirSync(join(root.path, 'a'))
    expect(codeOf(() => addon.lstat(root.fd, bytes(path)))).toBe('EINVAL')
    expect(codeOf(() => addon.mkdir(root.fd, bytes(path)))).toBe('EINVAL')
  })

  it('takes names of 255 bytes, and no longer ones', () => {
    createFile('n'.repeat(255))
    expect(addon.readdir(root.fd, bytes('')).map((name) => name.length)).toEqual([255])
    expect(codeOf(() => addon.mkdir(root.fd, bytes('n'.repeat(256))))).toBe('ENAMETOOLONG')
    expect(codeOf(() => addon.lstat(root.fd, bytes(`${'n'.repeat(256)}/x`)))).toBe('ENAMETOOLONG')
  })

  it('takes names of any bytes', () => {
    const names = [Buffer.from([0xff, 0xfe, 0x80]), bytes('new\nline'), bytes(' - '), Buffer.from([0x01, 0xc3])]
    for (const name of names) createFile(name)
    expect(addon.readdir(root.fd, bytes('')).sort(Buffer.compare)).toEqual(names.toSorted(Buffer.compare))
    const target = Buffer.from([0xc0, 0x0a, 0xff])
    addon.symlink(root.fd, bytes('s'), target)
    expect(addon.readlink(root.fd, bytes('s'))).toEqual(target)
  })

  it.each([
    ['of 4095 bytes', 15, 4095],
    ['beyond PATH_MAX', 31, 9000],
    ['of long names', 255, 6000],
  ])('takes paths %s, hundreds of levels deep', (_case, nameLength, length) => {
    let path = ''
    while (path.length + nameLength + 3 <= length) {
      path += path === '' ? 'x'.repeat(nameLength) : `/${'x'.repeat(nameLength)}`
      addon.mkdir(root.fd, bytes(path))
    }
    const name = 'f'.repeat(length - path.length - 1)
    const file = bytes(`${path}/${name}`)
    expect(file).toHaveLength(length)
    createFile(file, 'deep')
    expect(addon.lstat(root.fd, file).size).toBe(4n)
    expect(addon.readdir(root.fd, bytes(path)).map(String)).toEqual([name])
    addon.rename(root.fd, file, root.fd, bytes('f'))
    expect(readFileSync(join(root.path, 'f'), 'utf8')).toBe('deep')
    // What the file system's own tools cannot name is removed from below.
    for (; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) addon.rmdir(root.fd, bytes(path))
  })

  it('replaces by rename, unless told not to', () => {
    createFile('a', 'a')
    createFile('b', 'b')
    expect(codeOf(() => addon.rename(root.fd, bytes('a'), root.fd, bytes('b'), { noReplace: true }))).toBe('EEXIST')
    addon.rename(root.fd, bytes('a'), root.fd, bytes('c'), { noReplace: true })
    addon.rename(root.fd, bytes('c'), root.fd, bytes('b'))
    expect(readFileSync(join(root.path, 'b'), 'utf8')).toBe('a')
    expect(addon.readdir(root.fd, bytes('')).map(String)).toEqual(['b'])
  })

  it('links a symlink itself', () => {
    addon.symlink(root.fd, bytes('s'), bytes('nowhere'))
    addon.link(root.fd, bytes('s'), root.fd, bytes('t'))
    expect(addon.readlink(root.fd, bytes('t')).toString()).toBe('nowhere')
  })

  it('opens files and directories and nothing else', () => {
    addon.mknod(root.fd, bytes('fifo'), S_IFIFO | 0o600)
    expect(codeOf(() => addon.openFile(root.fd, bytes('fifo'), O_WRONLY))).toBe('ENXIO')
    expect(codeOf(() => addon.openFile(root.fd, bytes('fifo'), O_RDONLY))).toBe('ENXIO')
    expect(codeOf(() => addon.openFile(root.fd, bytes('none'), O_RDONLY))).toBe('ENOENT')
    symlinkSync('planted', join(root.path, 's'))
    expect(codeOf(() => addon.openFile(root.fd, bytes('s'), O_WRONLY | O_CREAT))).toBe('ELOOP')
    expect(existsSync(join(root.path, 'planted'))).toBe(false)
    closeSync(addon.openFile(root.fd, bytes(''), O_RDONLY))
  })

  it('says what failed, on what and why', () => {
    const error = (() => {
      try {
        addon.rename(root.fd, Buffer.from([0xff]), root.fd, bytes('to\n'))
      } catch (caught) {
        return caught as ErrnoError
      }
    })()
    expect(error).toBeInstanceOf(ErrnoError)
    expect(error).toMatchObject({ errno: 2, code: 'ENOENT', syscall: 'rename', path: Buffer.from([0xff]), dest: bytes('to\n') })
    expect(error?.message).toBe('rename "\\xff" -> "to\\n": ENOENT: no such file or directory')
  })

  it('stats the type, the root and device numbers', () => {
    expect(addon.lstat(root.fd, bytes('')).mode & S_IFMT).toBe(constants.S_IFDIR)
    if (process.getuid?.() !== 0) return
    addon.mknod(root.fd, bytes('device'), constants.S_IFCHR | 0o600, 259, 70000)
    expect(addon.lstat(root.fd, bytes('device'))).toMatchObject({ rdevMajor: 259, rdevMinor: 70000 })
    expect(codeOf(() => addon.openFile(root.fd, bytes('device'), O_RDONLY))).toBe('ENXIO')
  })
})

it('syncs a file system', async () => {
  using root = makeTestRoot(addon)
  await expect(addon.syncfs(root.fd)).resolves.toBeUndefined()
})

it('refuses descriptors that are none', () => {
  expect(() => addon.lstat(-100, bytes('etc'))).toThrow(TypeError)
  expect(codeOf(() => addon.lstat(1_000_000, bytes('etc')))).toBe('EBADF')
})
