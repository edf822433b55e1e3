import { closeSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DATA_VERSION_FLUSH, HSM_ARCHIVED, HSM_RELEASED } from '@lustrebackup/lustreapi/binding'
import { ENODATA, ENOENT } from '@lustrebackup/lustreapi/errno'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { packPaths, unpackPath, unpackPaths } from '@lustrebackup/lustreapi/path-list'
import { formatFid, readFid } from '@lustrebackup/lustresim/fid'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import { decodeRecords } from '@lustrebackup/lustresim/record-codec'
import { Lustresim } from '@lustrebackup/lustresim/sim'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const loaded = loadAddon()
if (!loaded.ok) throw new Error(`${loaded.reason}: ${loaded.hint}`)
const { addon } = loaded
const ROOT_FID = '[0x200000007:0x1:0x0]'
const ENXIO = 6
const ELOOP = 40
const EPROTO = 71

let sim: Lustresim
let fs: SimFilesystem
let mount: string
let root: number

beforeEach(() => {
  sim = Lustresim.create(join(mkdtempSync(join(tmpdir(), 'lustreapi-sim-')), 'sim'), {
    filesystems: [{ name: 'src', mdts: 2, osts: 3 }],
    mounts: 'symlink',
  })
  fs = sim.fs('src')
  fs.registerChangelog()
  mount = join(sim.paths.root, '..', 'mount')
  sim.mount('src', mount)
  root = addon.openRoot(mount)
  expect(addon.openLustreapi([sim.library])).toMatchObject({ ok: true, missing: [] })
})
afterEach(() => {
  addon.closeRoot(root)
  const folder = join(sim.paths.root, '..')
  sim.destroy()
  rmSync(folder, { recursive: true, force: true })
})

const list = (...paths: (string | Buffer)[]) => packPaths(paths.map((path) => Buffer.from(path)))
const fidsOf = (bytes: Uint8Array) => {
  const buffer = Buffer.from(bytes)
  return Array.from({ length: buffer.length / 16 }, (_, index) => formatFid(readFid(buffer, index * 16)))
}

/** Every kind of entry, names of any bytes, hard links, and a path of nearly PATH_MAX. */
function makeTree(): Buffer[] {
  fs.mkdir('d')
  fs.writeFile('d/f', 'content')
  fs.link('d/f', 'hard')
  fs.symlink('/nonexistent', 'd/s')
  fs.mknod('d/p', 'fifo')
  fs.create(Buffer.from([0x64, 0x2f, 0xff, 0x0a]))
  let deep = 'deep'
  fs.mkdir(deep)
  for (let level = 0; level < 15; level++) {
    deep += `/${'x'.repeat(250)}`
    fs.mkdir(deep)
  }
  fs.create(`${deep}/f`)
  fs.flush()
  return fs.tree().map(({ path }) => path)
}

describe('FIDs and paths', () => {
  it('gives the FID of every entry, and every path of every FID', async () => {
    const paths = makeTree()
    const { errno, fids } = await addon.path2fid(root, packPaths(paths))
    expect(new Set(errno)).toEqual(new Set([0]))
    expect(fidsOf(fids)).toEqual(fs.tree().map(({ fid }) => fid))

    const links = await addon.fid2path(mount, fids)
    expect(new Set(links.errno)).toEqual(new Set([0]))
    for (const [index, path] of paths.entries()) {
      const found = unpackPaths(links.paths, links.linkStart[index]!, links.linkStart[index + 1]!)
      expect(found).toContainEqual(path)
    }
    const hard = paths.findIndex((path) => path.toString() === 'hard')
    expect(
      unpackPaths(links.paths, links.linkStart[hard]!, links.linkStart[hard + 1]!)
        .map(String)
        .sort(),
    ).toEqual(['d/f', 'hard'])
  })

  it('knows the root, and what is not there', async () => {
    fs.symlink('d', 's')
    fs.flush()
    const { errno, fids } = await addon.path2fid(root, list('', 'none', 's/f'))
    expect([...errno]).toEqual([0, ENOENT, ELOOP])
    expect(fidsOf(fids)).toEqual([ROOT_FID, '[0x0:0x0:0x0]', '[0x0:0x0:0x0]'])
    const links = await addon.fid2path(mount, fids)
    expect([...links.errno]).toEqual([0, ENOENT, ENOENT])
    expect(unpackPaths(links.paths).map(String)).toEqual([''])
  })

  it('inspects every entry as single questions would, whether its type is known or not', async () => {
    const paths = packPaths([...makeTree(), ...['none', 'd/s/f'].map((path) => Buffer.from(path))])
    // Version 2; owner rw, user 7 rw, group r, mask rw, others none.
    const acl = Buffer.from('020000000100060000000000020006000700000004000400ffffffff10000600ffffffff20000000ffffffff', 'hex')
    for (const path of ['d/f', 'd/p', 'd']) addon.setXattr(root, Buffer.from(path), 'system.posix_acl_access', acl)
    addon.setXattr(root, Buffer.from('d'), 'system.posix_acl_default', acl)
    const [fids, stats] = [await addon.path2fid(root, paths), await addon.lstatBatch(root, paths)]
    const names = ['system.posix_acl_access', 'system.posix_acl_default']
    const acls = await addon.xattrBatch(root, paths, names)
    const types = Uint8Array.from(stats.mode, (mode) => mode >>> 12)
    for (const found of [await addon.inspect(root, paths), await addon.inspect(root, paths, { types })]) {
      expect(found.fids).toEqual(fids)
      expect(found.stats).toEqual(stats)
      const ofRow = (row: number) =>
        Array.from({ length: found.acls.start[row + 1]! - found.acls.start[row]! }, (_, at) => {
          const place = found.acls.start[row]! + at
          expect(found.acls.errno[place]).toBe(0)
          return [names[found.acls.isDefault[place]!], unpackPath(found.acls.values, place).toString('hex')]
        })
      expect(Array.from(fids.errno, (_, row) => ofRow(row))).toEqual(
        Array.from(fids.errno, (_, row) =>
          names.flatMap((name, at) =>
            acls.errno[row * 2 + at] === 0 ? [[name, unpackPath(acls.values, row * 2 + at).toString('hex')]] : [],
          ),
        ),
      )
      expect(found.acls.errno).toHaveLength(5)
    }
  })

  it('gives every parent and name of an entry, of a symlink itself too', async () => {
    makeTree()
    const { errno, linkStart, parents, names } = await addon.path2parent(root, list('d/f', 'd/s', 'd/p', 'none', ''))
    expect([...errno]).toEqual([0, 0, 0, ENOENT, ENODATA])
    const links = (index: number) =>
      unpackPaths(names, linkStart[index]!, linkStart[index + 1]!).map((name, at) => {
        const start = (linkStart[index]! + at) * 16
        return `${fidsOf(parents.subarray(start, start + 16))[0]}/${name}`
      })
    const d = fs.fidOf('d')
    expect([0, 1, 2, 3, 4].map((index) => links(index).sort())).toEqual([
      [`${ROOT_FID}/hard`, `${d}/f`].sort(),
      [`${d}/s`],
      [`${d}/p`],
      [],
      [],
    ])
  })

  it.runIf(process.getuid?.() === 0)('believes the xattrs of what the library must not open', async () => {
    fs.symlink('nowhere', 's')
    fs.mknod('p', 'fifo')
    fs.create('f')
    fs.flush()
    // The examples are from a real Lustre: seq 0x200000402, oid 0x53a; links "a" and "b" in [0x200000402:0x539:0x0].
    const lma = Buffer.from('AAAAAAAAAAACBAAAAgAAADoFAAAAAAAA', 'base64')
    const link = Buffer.from('3/HqEQIAAAA+AAAAAAAAAAAAAAAAAAAAABMAAAACAAAEAgAABTkAAAAAYQATAAAAAgAABAIAAAU5AAAAAGI=', 'base64')
    for (const name of ['s', 'p', 'f']) {
      addon.setXattr(root, Buffer.from(name), 'trusted.lma', lma)
      addon.setXattr(root, Buffer.from(name), 'trusted.link', link)
    }
    const { fids } = await addon.path2fid(root, list('s', 'p', 'f'))
    expect(fidsOf(fids)).toEqual(['[0x200000402:0x53a:0x0]', '[0x200000402:0x53a:0x0]', fs.fidOf('f')])
    const { errno, linkStart, parents, names } = await addon.path2parent(root, list('s', 'f'))
    expect([[...errno], [...linkStart], unpackPaths(names).map(String)]).toEqual([
      [0, 0],
      [0, 2, 3],
      ['a', 'b', 'f'],
    ])
    expect(fidsOf(parents)).toEqual(['[0x200000402:0x539:0x0]', '[0x200000402:0x539:0x0]', ROOT_FID])

    addon.setXattr(root, Buffer.from('s'), 'trusted.link', link.subarray(0, link.length - 1))
    const broken = await addon.path2parent(root, list('s'))
    expect([broken.errno[0], broken.parents.length]).toEqual([EPROTO, 0])
  })

  it('says ENODATA outside Lustre, and errnos of the file system as they are', async () => {
    const outside = addon.openRoot(tmpdir())
    expect([...(await addon.path2fid(outside, list(''))).errno]).toEqual([ENODATA])
    addon.closeRoot(outside)
    const fid = fs.create('f')
    sim.setFaults({ fid2path_errors: { [fid]: 108 } })
    fs.flush()
    const { fids } = await addon.path2fid(root, list('f'))
    expect([...(await addon.fid2path(mount, fids)).errno]).toEqual([108])
  })
})

describe('snapshots', () => {
  it('answer with what was then', async () => {
    fs.create('before')
    fs.flush()
    const { fids } = await addon.path2fid(root, list('before'))
    const { fsname } = fs.snapshot('s1')
    fs.rename('before', 'after')
    fs.snapshots.mount('s1')
    const target = join(sim.paths.root, '..', 's1')
    sim.mount(fsname, target, ['ro', 'user_xattr'])
    const [now, then] = await Promise.all([addon.fid2path(mount, fids), addon.fid2path(target, fids)])
    expect([String(unpackPath(now.paths, 0)), String(unpackPath(then.paths, 0))]).toEqual(['after', 'before'])
    expect([await addon.searchFsname(mount), await addon.searchFsname(target)]).toEqual(['src', fsname])

    const log = addon.changelogOpen(`${fsname}-MDT0000`, 0n)
    const buffer = new Uint8Array(1 << 16)
    const records = decodeRecords(Buffer.from(buffer.subarray(0, await log.read(buffer))))
    expect(records).toEqual(fs.records(0).slice(0, records.length))
    expect(records.length).toBeLessThan(fs.records(0).length)
    await expect(addon.changelogClear(`${fsname}-MDT0000`, 'cl1', 1n)).rejects.toMatchObject({ code: 'EROFS' })
    log.close()
  })
})

describe('changelogs', () => {
  it('give every record of an MDT, from the one asked for', async () => {
    for (let index = 0; index < 2000; index++) fs.create(`f${index}`)
    fs.flush()
    for (const [mdt, name] of fs.mdtNames().entries()) {
      const all = fs.records(mdt)
      for (const start of [0, 100]) {
        const log = addon.changelogOpen(name, BigInt(start))
        const buffer = new Uint8Array(64 * 1024)
        const records: unknown[] = []
        for (let size = await log.read(buffer); size > 0; size = await log.read(buffer)) {
          records.push(...decodeRecords(Buffer.from(buffer.subarray(0, size))))
        }
        log.close()
        expect(records).toEqual(all.filter((record) => Number(record.index) >= start))
      }
    }
  })

  it('are cleared forwards, for a user that exists', async () => {
    for (let index = 0; index < 10; index++) fs.create(`f${index}`)
    fs.flush()
    const name = fs.mdtNames()[0]!
    await addon.changelogClear(name, 'cl1', 5n)
    expect(fs.records(0)[0]).toMatchObject({ index: expect.toSatisfy((index: unknown) => Number(index) === 6) })
    await expect(addon.changelogClear(name, 'cl1', 3n)).rejects.toMatchObject({ code: 'EINVAL', syscall: 'llapi_changelog_clear' })
    await expect(addon.changelogClear(name, 'cl1', 1_000_000n)).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(addon.changelogClear(name, 'cl9', 6n)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('of an MDT that is not there do not open', () => {
    expect(() => addon.changelogOpen('src-MDT0009', 0n)).toThrow('llapi_changelog_start "src-MDT0009": ENOENT')
  })
})

describe('files', () => {
  it('have data versions that change with the data only', async () => {
    fs.writeFile('f', 'one')
    fs.mkdir('d')
    fs.symlink('f', 's')
    fs.mknod('p', 'fifo')
    fs.flush()
    const versions = async () => (await addon.dataVersion(root, list('f'))).versions[0]!
    const first = await versions()
    expect(first).toBe(BigInt(fs.dataVersionOf('f')))
    fs.chmod('f', 0o600)
    fs.flush()
    expect(await versions()).toBe(first)
    fs.overwrite('f', 0, 'two')
    fs.flush()
    expect(await versions()).not.toBe(first)
    expect([...(await addon.dataVersion(root, list('none', 's', 'p'))).errno]).toEqual([ENOENT, ELOOP, ENXIO])
  })

  it('are flushed by their clients when asked so', async () => {
    fs.writeFile('f', 'old')
    fs.overwrite('f', 0, 'new', { unflushed: true })
    fs.flush()
    const before = (await addon.dataVersion(root, list('f'))).versions[0]
    const after = (await addon.dataVersion(root, list('f'), { flags: DATA_VERSION_FLUSH })).versions[0]
    expect(after).not.toBe(before)
    expect((await addon.dataVersion(root, list('f'))).versions[0]).toBe(after)
  })

  it('have HSM states', async () => {
    fs.writeFile('kept', 'k')
    fs.writeFile('released', 'r')
    fs.hsmSet('released', { archived: true, exists: true, archiveId: 2 })
    fs.hsmRelease('released')
    fs.flush()
    const { errno, states, archiveIds } = await addon.hsmState(root, list('kept', 'released', 'none'))
    expect([...errno]).toEqual([0, 0, ENOENT])
    expect(states[0]).toBe(0)
    expect(states[1]! & (HSM_RELEASED | HSM_ARCHIVED)).toBe(HSM_RELEASED | HSM_ARCHIVED)
    expect(archiveIds[1]).toBe(2)
  })
})

it('counts the targets of a file system', async () => {
  expect([await addon.obdCount(mount, 'mdt'), await addon.obdCount(mount, 'ost')]).toEqual([2, 3])
  await expect(addon.obdCount(tmpdir(), 'mdt')).rejects.toMatchObject({ code: 'ENODEV', syscall: 'llapi_get_obd_count' })
})

it('works on the mounted tree as on any other', async () => {
  fs.writeFile('f', 'content')
  const fd = addon.openFile(root, Buffer.from('f'), constants.O_RDONLY)
  await addon.syncfs(fd)
  closeSync(fd)
  expect(addon.lstat(root, Buffer.from('f')).size).toBe(7n)
})
