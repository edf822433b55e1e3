import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LinkPathColumns } from './binding.js'
import { packPaths, unpackPaths } from './path-list.js'
import { compileScriptedLibrary, packFids, SCRIPTED_MOUNT, type ScriptedLibrary, script } from './testing/scripted-library.js'
import { builtAddon, bytes, codeOf } from './testing/test-root.js'

const addon = builtAddon()
const ENOENT = 2
const EIO = 5
const ENODEV = 19
const ENAMETOOLONG = 36
const EOVERFLOW = 75
const ESHUTDOWN = 108

let library: ScriptedLibrary
beforeAll(() => {
  library = compileScriptedLibrary()
})
afterAll(() => library[Symbol.dispose]())

const open = () => expect(addon.openLustreapi([library.path]).ok).toBe(true)

function linksOf(columns: LinkPathColumns, index: number): string[] {
  return unpackPaths(columns.paths, columns.linkStart[index]!, columns.linkStart[index + 1]!).map(String)
}

it('says which libraries it tried and why they do not open', () => {
  const opened = addon.openLustreapi(['/nonexistent/liblustreapi.so.1', import.meta.filename])
  expect(opened).toMatchObject({
    ok: false,
    tried: [
      { path: '/nonexistent/liblustreapi.so.1', error: expect.stringContaining('No such file') },
      { path: import.meta.filename, error: expect.stringContaining('invalid ELF header') },
    ],
    hint: expect.stringContaining('Lustre client'),
  })
})

it('needs an open library', async () => {
  await expect(addon.fid2path(SCRIPTED_MOUNT, packFids([]))).rejects.toMatchObject({ code: 'LUSTREAPI_NOT_OPEN' })
  expect(codeOf(() => addon.changelogOpen('src-MDT0000', 0n))).toBe('LUSTREAPI_NOT_OPEN')
})

it('opens a library that lacks calls, and only those fail', async () => {
  const opened = addon.openLustreapi(['/nonexistent/x.so', library.path])
  expect(opened).toMatchObject({ ok: true, path: library.path })
  expect(opened.ok && opened.missing).toEqual([
    'llapi_changelog_set_xflags',
    'llapi_changelog_clear',
    'llapi_path2fid',
    'llapi_path2parent',
    'llapi_get_data_version',
    'llapi_hsm_state_get_fd',
    'llapi_search_fsname',
    'llapi_get_obd_count',
  ])
  const root = addon.openRoot('/')
  await expect(addon.path2fid(root, packPaths([bytes('tmp')]))).rejects.toMatchObject({
    code: 'LUSTREAPI_SYMBOL_MISSING',
    message: expect.stringContaining('llapi_path2fid'),
  })
  addon.closeRoot(root)
  expect((await addon.fid2path(SCRIPTED_MOUNT, packFids([[script.links, 1]]))).errno[0]).toBe(0)
})

it('finds every link of every FID', async () => {
  open()
  const fids = packFids([
    [script.links, 1],
    [script.error, ENOENT],
    [script.links, 3],
    [script.error, ESHUTDOWN],
    [script.root, 0],
    [script.slash, 0],
  ])
  const columns = await addon.fid2path(SCRIPTED_MOUNT, fids)
  expect([...columns.errno]).toEqual([0, ENOENT, 0, ESHUTDOWN, 0, 0])
  expect([0, 1, 2, 3, 4, 5].map((index) => linksOf(columns, index))).toEqual([
    ['d/link0'],
    [],
    ['d/link0', 'd/link1', 'd/link2'],
    [],
    [''],
    ['a/b'],
  ])
})

it('keeps the links that can be resolved when one cannot', async () => {
  open()
  const fids = packFids([
    [script.secondGone, 4],
    [script.secondGone, 2],
    [script.removed, 0],
    [script.errorAtSecond, 0],
  ])
  const columns = await addon.fid2path(SCRIPTED_MOUNT, fids)
  expect([...columns.errno]).toEqual([0, 0, 0, EIO])
  expect([0, 1, 2, 3].map((index) => linksOf(columns, index))).toEqual([['d/link0', 'd/link2', 'd/link3'], ['d/link0'], ['d/link0'], []])
})

it('says that a path is too long, and gives the others', async () => {
  open()
  const columns = await addon.fid2path(
    SCRIPTED_MOUNT,
    packFids([
      [script.firstLong, 3],
      [script.firstLong, 1],
      [script.allLong, 0],
      [script.links, 1],
    ]),
  )
  expect([...columns.errno]).toEqual([EOVERFLOW, EOVERFLOW, ENAMETOOLONG, 0])
  expect([0, 1, 2, 3].map((index) => linksOf(columns, index))).toEqual([['d/link1', 'd/link2'], [], [], ['d/link0']])
})

it('stops at the number of links asked for, and never runs for ever', async () => {
  open()
  const fids = packFids([
    [script.endless, 0],
    [script.links, 2],
  ])
  const few = await addon.fid2path(SCRIPTED_MOUNT, fids, { maxLinks: 3 })
  expect([linksOf(few, 0), linksOf(few, 1)]).toEqual([
    ['d/link0', 'd/link1', 'd/link2'],
    ['d/link0', 'd/link1'],
  ])
  const all = await addon.fid2path(SCRIPTED_MOUNT, fids)
  expect(linksOf(all, 0).length).toBeGreaterThan(1000)
  expect(linksOf(all, 1)).toHaveLength(2)
})

it('groups the links of thousands of FIDs', async () => {
  open()
  const counts = Array.from({ length: 5000 }, (_, index) => 1 + (index % 5))
  const columns = await addon.fid2path(SCRIPTED_MOUNT, packFids(counts.map((count) => [script.links, count])))
  expect(counts.map((_, index) => linksOf(columns, index).at(-1))).toEqual(counts.map((count) => `d/link${count - 1}`))
})

it.each([1, 7, 64, 512])('keeps %i lookups under way at once', async (inFlight) => {
  open()
  const fids = packFids(Array.from({ length: inFlight }, () => [script.together, inFlight]))
  const columns = await addon.fid2path(SCRIPTED_MOUNT, fids, { inFlight })
  expect(new Set(columns.errno)).toEqual(new Set([0]))
})

it('gives an errno for each FID where the mount is none, and takes a path of bytes', async () => {
  open()
  const fids = packFids([
    [script.links, 1],
    [script.links, 1],
  ])
  expect([...(await addon.fid2path('/mnt/other', fids)).errno]).toEqual([ENODEV, ENODEV])
  expect([...(await addon.fid2path(bytes(SCRIPTED_MOUNT), fids)).errno]).toEqual([0, 0])
})

it('refuses half a FID and an empty mount', async () => {
  open()
  await expect(addon.fid2path(SCRIPTED_MOUNT, new Uint8Array(17))).rejects.toThrow(RangeError)
  await expect(addon.fid2path('', new Uint8Array(16))).rejects.toThrow(RangeError)
})

it('looks up by descriptor where the library can', async () => {
  using newer = compileScriptedLibrary(['-DWITH_AT'])
  addon.openLustreapi([newer.path])
  const fids = packFids([
    [script.links, 2],
    [script.error, ENOENT],
  ])
  const columns = await addon.fid2path(newer.folder, fids)
  expect([...columns.errno]).toEqual([0, ENOENT])
  expect(linksOf(columns, 0)).toEqual(['d/link0', 'd/link1'])
  expect([...(await addon.fid2path(SCRIPTED_MOUNT, fids)).errno]).toEqual([0, ENOENT])
})
