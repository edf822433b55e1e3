import { closeSync, constants } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DT_DIR, DT_REG, type NamespaceChange } from './binding.js'
import { EEXIST, ELOOP, ENODATA, ENOENT, ENOTEMPTY } from './errno.js'
import { EMPTY_PATH_LIST, packPaths, unpackPath, unpackPaths } from './path-list.js'
import { builtAddon, bytes, makeTestRoot, type TestRoot } from './testing/test-root.js'

const addon = builtAddon()
const list = (...paths: string[]) => packPaths(paths.map(bytes))
const many = (count: number, name: (index: number) => string) => list(...Array.from({ length: count }, (_, index) => name(index)))

let root: TestRoot
beforeEach(() => {
  root = makeTestRoot(addon)
  addon.mkdir(root.fd, bytes('d'))
  addon.symlink(root.fd, bytes('s'), bytes('d'))
})
afterEach(() => root[Symbol.dispose]())

const makeFile = (path: string, mode = 0o644) => addon.mknod(root.fd, bytes(path), constants.S_IFREG | mode)

describe.each([1, 3, 32, 512])('with %i in flight', (inFlight) => {
  it('gives every item its own answer, in order', async () => {
    const paths = many(1000, (index) => (index % 10 === 0 ? `d/missing${index}` : `d/f${index}`))
    for (const path of unpackPaths(paths)) if (!path.includes('missing')) addon.mknod(root.fd, path, constants.S_IFREG | 0o600)
    const columns = await addon.lstatBatch(root.fd, paths, { inFlight })
    for (const [index, path] of unpackPaths(paths).entries()) {
      if (index % 10 === 0) expect([columns.errno[index], columns.ino[index]]).toEqual([ENOENT, 0n])
      else expect([columns.errno[index], columns.ino[index]]).toEqual([0, addon.lstat(root.fd, path).ino])
    }
  })

  it('lists directories, all of each or none', async () => {
    for (let index = 0; index < 50; index++) addon.mkdir(root.fd, bytes(`d/${index}`))
    for (let index = 0; index < 50; index++) for (let file = 0; file < index; file++) makeFile(`d/${index}/f${file}`)
    const columns = await addon.readdirBatch(root.fd, list('', 'd', 'none', 's', ...Array.from({ length: 50 }, (_, i) => `d/${i}`)), {
      inFlight,
    })
    const entries = (index: number) => unpackPaths(columns.names, columns.entryStart[index]!, columns.entryStart[index + 1]!).map(String)
    expect([...columns.errno]).toEqual([0, 0, ENOENT, ELOOP, ...new Array(50).fill(0)])
    expect(entries(0)).toEqual(['d', 's'])
    expect(entries(1)).toHaveLength(50)
    expect(entries(2)).toEqual([])
    for (let index = 0; index < 50; index++) {
      expect(entries(4 + index)).toEqual(Array.from({ length: index }, (_, file) => `f${file}`).sort())
    }
    expect(new Set(columns.types.subarray(columns.entryStart[1], columns.entryStart[2]))).toEqual(new Set([DT_DIR]))
    expect(new Set(columns.types.subarray(columns.entryStart[4]))).toEqual(new Set([DT_REG]))
  })
})

it('takes an empty list', async () => {
  expect((await addon.lstatBatch(root.fd, EMPTY_PATH_LIST)).errno).toHaveLength(0)
  expect([...(await addon.readdirBatch(root.fd, EMPTY_PATH_LIST)).entryStart]).toEqual([0])
})

it('lists a directory that needs several calls', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `${index}`.padStart(200, '0'))
  for (const name of names) makeFile(`d/${name}`)
  const columns = await addon.readdirBatch(root.fd, list('d'))
  expect(unpackPaths(columns.names).map(String)).toEqual(names)
})

it('lists names by their bytes, each with its type', async () => {
  const names = [[0x01], [0x0a, 0x62], [0x41], [0x61], [0x61, 0x0a], [0x61, 0x61], [0x7f], [0xc3, 0xa9], [0xff], [0xff, 0x01]].map((name) =>
    Buffer.from(name),
  )
  const isDirectory = (index: number) => index % 3 === 1
  for (const [index, name] of [...names.entries()].reverse()) {
    const path = Buffer.concat([bytes('d/'), name])
    if (isDirectory(index)) addon.mkdir(root.fd, path)
    else addon.mknod(root.fd, path, constants.S_IFREG | 0o600)
  }
  const columns = await addon.readdirBatch(root.fd, list('', 'd'))
  expect(unpackPaths(columns.names, columns.entryStart[1])).toEqual(names)
  expect([...columns.types.subarray(columns.entryStart[1])]).toEqual(names.map((_, index) => (isDirectory(index) ? DT_DIR : DT_REG)))
  expect(addon.readdir(root.fd, bytes('d'))).toEqual(names)
})

it('gets the attributes of every pair of path and name', async () => {
  for (const name of ['a', 'b', 'c']) makeFile(`d/${name}`)
  addon.setXattr(root.fd, bytes('d/a'), 'user.one', bytes('1a'))
  addon.setXattr(root.fd, bytes('d/b'), 'user.two', Buffer.alloc(3000, 7))
  const columns = await addon.xattrBatch(root.fd, list('d/a', 'd/b', 'd/c', 'd/none'), ['user.one', 'user.two'])
  expect([...columns.errno]).toEqual([0, ENODATA, ENODATA, 0, ENODATA, ENODATA, ENOENT, ENOENT])
  expect(unpackPath(columns.values, 0).toString()).toBe('1a')
  expect(unpackPath(columns.values, 3)).toEqual(Buffer.alloc(3000, 7))
  expect(unpackPath(columns.values, 4)).toHaveLength(0)
})

it('lists the attribute names of every path', async () => {
  for (const name of ['a', 'b']) makeFile(`d/${name}`)
  addon.setXattr(root.fd, bytes('d/b'), 'user.one', bytes('1'))
  addon.setXattr(root.fd, bytes('d/b'), 'user.two', bytes('2'))
  const columns = await addon.listXattrBatch(root.fd, list('d/a', 'none', 'd/b'))
  const names = (index: number) => unpackPaths(columns.names, columns.nameStart[index]!, columns.nameStart[index + 1]!).map(String)
  expect([...columns.errno]).toEqual([0, ENOENT, 0])
  const user = (index: number) => names(index).filter((name) => name.startsWith('user.'))
  expect([user(0), user(1), user(2).sort()]).toEqual([[], [], ['user.one', 'user.two']])
})

describe('changes of names', () => {
  const change = async (what: NamespaceChange) => [...(await addon.namespaceBatch(what))]

  it('makes, renames between roots, links and removes', async () => {
    using other = makeTestRoot(addon)
    expect(await change({ op: 'mkdir', root: root.fd, paths: list('d/x', 'd/y', 'd', 's/z'), mode: 0o700 })).toEqual([0, 0, EEXIST, ELOOP])
    for (const name of ['1', '2', '3']) makeFile(`d/x/${name}`)
    const paths = list('d/x/1', 'd/x/2', 'd/x/none')
    const toPaths = list('one', 'two', 'three')
    expect(await change({ op: 'rename', root: root.fd, paths, toRoot: other.fd, toPaths })).toEqual([0, 0, ENOENT])
    const back = { op: 'rename', root: other.fd, paths: list('one', 'two'), toRoot: root.fd, toPaths: list('d/y/1', 'd/x/3') } as const
    expect(await change({ ...back, noReplace: true })).toEqual([0, EEXIST])
    const links = { op: 'link', root: root.fd, paths: list('d/y/1', 'd/x/3'), toRoot: other.fd, toPaths: list('linked', 'two') } as const
    expect(await change(links)).toEqual([0, EEXIST])
    expect(await change({ op: 'unlink', root: root.fd, paths: list('d/x/3', 'd/x/3/none') })).toEqual([0, expect.any(Number)])
    expect(await change({ op: 'rmdir', root: root.fd, paths: list('d/x', 'd/y') })).toEqual([0, ENOTEMPTY])
    expect(addon.readdir(other.fd, bytes('')).map(String)).toEqual(['linked', 'two'])
  })

  it('renames thousands of entries in one directory', async () => {
    const paths = many(1500, (index) => `d/a${index}`)
    const toPaths = many(1500, (index) => `d/b${index}`)
    for (const path of unpackPaths(paths)) addon.mknod(root.fd, path, constants.S_IFREG | 0o600)
    expect(new Set(await change({ op: 'rename', root: root.fd, paths, toRoot: root.fd, toPaths }))).toEqual(new Set([0]))
    expect(addon.readdir(root.fd, bytes('d')).map(String)).toEqual(Array.from({ length: 1500 }, (_, index) => `b${index}`).sort())
  })

  it('answers in order where renames within folders and between them are mixed', async () => {
    addon.mkdir(root.fd, bytes('e'))
    const folderOf = (index: number) => (index % 3 === 0 ? 'd' : 'e')
    const paths = many(900, (index) => `d/${index % 10 === 0 ? 'missing' : 'a'}${index}`)
    for (const path of unpackPaths(paths)) if (!path.includes('missing')) addon.mknod(root.fd, path, constants.S_IFREG | 0o600)
    const inodes = unpackPaths(paths).map((path) => (path.includes('missing') ? null : addon.lstat(root.fd, path).ino))
    const toPaths = many(900, (index) => `${folderOf(index)}/b${index}`)
    const errnos = await change({ op: 'rename', root: root.fd, paths, toRoot: root.fd, toPaths })
    expect(errnos).toEqual(inodes.map((inode) => (inode === null ? ENOENT : 0)))
    for (const [index, path] of unpackPaths(toPaths).entries()) {
      if (inodes[index] !== null) expect(addon.lstat(root.fd, path).ino).toBe(inodes[index])
    }
  })

  it('needs as many target paths as paths', async () => {
    const change = { op: 'rename', root: root.fd, paths: list('a', 'b'), toRoot: root.fd, toPaths: list('c') } as const
    await expect(addon.namespaceBatch(change)).rejects.toThrow(RangeError)
  })
})

describe('safety', () => {
  it('copies its input: what happens to the arrays afterwards does not matter', async () => {
    const paths = many(2000, () => 'd')
    const running = addon.lstatBatch(root.fd, paths)
    paths.bytes.fill(0)
    paths.ends.fill(0xffffffff)
    expect(new Set((await running).errno)).toEqual(new Set([0]))
  })

  it('goes on with a root that is closed meanwhile', async () => {
    const second = addon.openRoot(root.path)
    const running = addon.lstatBatch(
      second,
      many(2000, () => 'd'),
    )
    addon.closeRoot(second)
    expect(new Set((await running).errno)).toEqual(new Set([0]))
  })

  it('refuses lists whose ends do not fit', async () => {
    const wrong = [
      { bytes: bytes('abc'), ends: Uint32Array.of(4) },
      { bytes: bytes('abc'), ends: Uint32Array.of(2, 1) },
    ]
    for (const paths of wrong) await expect(addon.lstatBatch(root.fd, paths)).rejects.toThrow(RangeError)
    await expect(addon.lstatBatch(root.fd, { bytes: bytes('a'), ends: [1] as unknown as Uint32Array })).rejects.toThrow(TypeError)
  })

  it.each([0, -1, 1.5, 513, Number.NaN])('refuses %d in flight', async (inFlight) => {
    await expect(addon.lstatBatch(root.fd, EMPTY_PATH_LIST, { inFlight })).rejects.toThrow(RangeError)
  })

  it('leaves no descriptor open', async () => {
    const openCount = () => addon.readdir(addonSelf, bytes('')).length
    const addonSelf = addon.openRoot('/proc/self/fd')
    const before = openCount()
    for (let round = 0; round < 20; round++) {
      await addon.lstatBatch(
        root.fd,
        many(100, (index) => `d/${index}/x`),
      )
      await addon.readdirBatch(root.fd, list('', 'd', 's', 'none'))
      await addon.xattrBatch(root.fd, list('d', 's', 'none'), ['user.x'])
      closeSync(addon.openFile(root.fd, bytes('d'), constants.O_RDONLY))
    }
    expect(openCount()).toBe(before)
    addon.closeRoot(addonSelf)
  })

  it('answers with arrays that can be transferred to another thread', async () => {
    makeFile('d/f')
    const { size } = await addon.lstatBatch(root.fd, list('d/f'))
    expect(structuredClone(size, { transfer: [size.buffer as ArrayBuffer] })).toEqual(BigInt64Array.of(0n))
    expect(size).toHaveLength(0)
  })
})
