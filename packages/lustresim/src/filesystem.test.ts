import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatFid } from './fid.js'
import type { SimFilesystem } from './filesystem.js'
import { Lustresim } from './sim.js'
import { makeSim, manualClock, START_SECONDS } from './testing.test-helper.js'

/** The records since a mark, over all MDTs: type, flags where they say something, name. */
function recorder(fs: SimFilesystem) {
  const seen = fs.mdtNames().map(() => 0)
  return () =>
    seen.flatMap((from, mdt) => {
      const fresh = fs.records(mdt).filter((record) => record.index > from)
      seen[mdt] = fresh.at(-1)?.index ?? from
      return fresh.map(({ typeName, flags, name, xattr }) =>
        [typeName, flags && `0x${flags.toString(16)}`, name.toString(), xattr].filter(Boolean).join(' '),
      )
    })
}

function loggedFs(mdts = 1) {
  const sim = makeSim({ filesystems: [{ name: 'src', mdts }] })
  const fs = sim.fs('src')
  fs.registerChangelog()
  return { sim, fs, news: recorder(fs) }
}

describe('opens', () => {
  it('of the same key are folded: one OPEN at the first, one CLOSE at the last', () => {
    const { fs, news } = loggedFs()
    fs.create('f')
    news()
    const first = fs.open('f', { write: true })
    const second = fs.open('f', { write: true })
    const reader = fs.open('f', { read: true })
    fs.setIdentity({ uid: 1000 })
    const other = fs.open('f', { write: true })
    expect(news()).toEqual(['OPEN 0x2', 'OPEN 0x1', 'OPEN 0x2'])
    fs.close(first)
    expect(news()).toEqual([])
    for (const handle of [second, reader, other]) fs.close(handle)
    expect(news()).toEqual(['CLOSE 0x2', 'CLOSE 0x1', 'CLOSE 0x2'])
    expect(fs.records(0).map(({ uid }) => uid)).toEqual([0, 0, 0, 0, 0, 1000, 0, 0, 1000])
  })

  it('that the client caches are not closed until the lock is cancelled, and hide all writes in between', () => {
    const { fs, news } = loggedFs()
    fs.writeFile('f', 'one')
    news()
    const version = fs.dataVersionOf('f')
    for (let i = 0; i < 3; i++) fs.append('f', 'x', { cached: true })
    expect(news()).toEqual(['OPEN 0x442'])
    expect(readFileSync(join(fs.live, 'f'), 'latin1')).toBe('onexxx')
    expect(fs.dataVersionOf('f')).not.toBe(version)
    fs.dropOpenCache('f')
    expect(news()).toEqual(['CLOSE 0x442'])
    expect(fs.records(0).at(-1)?.jobid).toBe('ldlm_bl.0')
  })

  it('survive a flush and another process', () => {
    const { sim, fs, news } = loggedFs()
    fs.create('f')
    const handle = fs.open('f', { read: true, write: true })
    fs.flush()
    const elsewhere = Lustresim.open(sim.paths.root).fs('src')
    elsewhere.create('g')
    elsewhere.flush()
    news()
    fs.write(handle, 0, 'late')
    fs.close(handle)
    expect(news()).toEqual(['CLOSE 0x3'])
    expect(fs.exists('g')).toBe(true)
  })
})

it('refuses to write to a folder before anything is recorded', () => {
  const { fs, news } = loggedFs()
  fs.mkdir('d')
  news()
  expect(() => fs.writeFile('d', 'x')).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  expect(() => fs.open('nosuch', { write: true })).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  expect(news()).toEqual([])
})

describe('what is not logged', () => {
  it('is anything before a user is registered, or that the mask lacks', () => {
    const sim = makeSim({ filesystems: [{ name: 'src' }] })
    const fs = sim.fs('src')
    fs.create('before')
    expect(fs.records(0)).toEqual([])
    fs.registerChangelog()
    fs.core.logs[0]!.setMask(['CREAT', 'CLOSE'])
    fs.create('after')
    expect(fs.records(0).map((record) => record.typeName)).toEqual(['CREAT', 'CLOSE'])
  })

  it('is a write while the file stays open, an access ACL, and most utimes', () => {
    const { fs, news } = loggedFs()
    fs.create('f')
    const handle = fs.open('f', { write: true })
    news()
    fs.write(handle, 0, 'data')
    fs.setfacl('f', ['-m', 'u:1000:rwx'])
    fs.utimes('f', 77, 77)
    expect(news()).toEqual([])
    expect(statSync(join(fs.live, 'f')).mode & 0o777).toBe(0o674)
    fs.removexattr('f', 'system.posix_acl_access')
    expect(news()).toEqual(['XATTR system.posix_acl_access'])
  })

  it('is a utimes after any record: only the first since the MDT loaded the inode is', () => {
    const { fs, news } = loggedFs()
    fs.create('f')
    news()
    fs.dropMdtCache()
    fs.utimes('f', 1, 1)
    fs.utimes('f', 2, 2)
    expect(news()).toEqual(['MTIME 0x7'])
    expect(statSync(join(fs.live, 'f')).mtimeMs).toBe(2000)
  })

  it('is the folder whose entries change, though its time does', () => {
    const clock = manualClock()
    const fs = makeSim({ now: clock.now }).fs('src')
    fs.mkdir('d')
    fs.registerChangelog()
    clock.advance(100)
    fs.create('d/f')
    fs.flush()
    expect([0, 1].flatMap((mdt) => fs.records(mdt)).map((record) => record.typeName)).toEqual(['CREAT', 'OPEN', 'CLOSE'])
    expect(statSync(join(fs.live, 'd'), { bigint: true }).mtimeNs).toBe((START_SECONDS + 100n) * 1_000_000_000n)
  })
})

it('never gives a FID twice', () => {
  const { fs } = loggedFs()
  const fids = Array.from({ length: 20 }, () => {
    const fid = fs.create('f')
    fs.unlink('f')
    return fid
  })
  fs.flush()
  expect(
    new Set([
      ...fids,
      Lustresim.open(fs.core.paths.dir.replace(/\/fs\/src$/, ''))
        .fs('src')
        .create('f'),
    ]).size,
  ).toBe(21)
})

it('spreads folders near the top over the MDTs, and keeps deeper ones with their parent', () => {
  const fs = makeSim().fs('src')
  const mdt = (fid: string) => (fid.startsWith('[0x24') ? 1 : 0)
  expect(['a', 'b', 'c', 'd'].map((name) => mdt(fs.mkdir(name)))).toEqual([0, 1, 0, 1])
  fs.mkdir('b/x', { mdt: 1 })
  fs.mkdir('b/x/y', { mdt: 1 })
  expect(['1', '2', '3'].map((name) => mdt(fs.mkdir(`b/x/y/${name}`)))).toEqual([1, 1, 1])
  expect(mdt(fs.create('b/f'))).toBe(1)
})

it('takes names of any bytes', () => {
  const { fs } = loggedFs()
  const path = Buffer.from([0x64, 0x2f, 0xff, 0x0a, 0x22])
  fs.mkdir('d')
  fs.writeFile(path, 'x')
  fs.setxattr(path, 'user.k', 'v')
  fs.flush()
  expect(fs.tree().map((entry) => entry.path.toString('hex'))).toContain(path.toString('hex'))
  expect(
    fs
      .records(0)
      .find((record) => record.typeName === 'CREAT')
      ?.name.toString('hex'),
  ).toBe('ff0a22')
})

describe('reconcile', () => {
  it('finds nothing after the engine’s own operations', () => {
    const { fs, news } = loggedFs(2)
    fs.mkdir('d')
    fs.mkdir('e')
    fs.writeFile('d/f', 'x')
    fs.link('d/f', 'e/g')
    fs.rename('d/f', 'e/h')
    fs.symlink('x', 'd/s')
    fs.mknod('d/p', 'fifo')
    fs.chmod('e', 0o700)
    fs.setxattr('e', 'user.k', 'v')
    fs.setfacl('e/g', ['-m', 'u:5:r'])
    fs.utimes('d', 5, 5)
    fs.writeFile('e/r', 'rr')
    fs.hsmRelease('e/r')
    fs.append('e/g', 'more', { unflushed: true })
    fs.rename('d', 'e/d')
    fs.unlink('e/h')
    fs.create('gone')
    fs.unlink('gone')
    news()
    fs.flush({ reconcile: true })
    fs.reconcile()
    expect(news()).toEqual([])
  })

  const base = () => {
    const { fs, news } = loggedFs()
    fs.mkdir('d')
    for (const name of ['f', 'g', 'd/h']) fs.writeFile(name, name)
    fs.flush()
    news()
    return { fs, news, at: (path: string) => join(fs.live, path) }
  }

  it('logs new entries of every kind, parents first', () => {
    const { fs, news, at } = base()
    mkdirSync(at('new'))
    writeFileSync(at('new/file'), 'x')
    symlinkSync('x', at('new/link'))
    linkSync(at('new/file'), at('new/other'))
    fs.reconcile()
    expect(news()).toEqual(['MKDIR new', 'CREAT file', 'OPEN 0x4a', 'CLOSE 0x42', 'SLINK link', 'HLINK other'])
    expect(fs.fidOf('new/other')).toBe(fs.fidOf('new/file'))
  })

  it('logs renames, also over another file, links and removals', () => {
    const { fs, news, at } = base()
    const [moved, victim] = [fs.fidOf('f'), fs.fidOf('g')]
    renameSync(at('f'), at('g'))
    linkSync(at('d/h'), at('l'))
    fs.reconcile()
    expect(news()).toEqual(['HLINK l', 'RENME 0x1 g'])
    expect(fs.records(0).map((record) => formatFid(record.tfid))).toContain(victim)
    expect(fs.fidOf('g')).toBe(moved)
    rmSync(at('d'), { recursive: true })
    fs.reconcile()
    expect(news().sort()).toEqual(['RMDIR 0x1 d', 'UNLNK h'])
  })

  it('does not take a rename for a change of the data, nor a new file for an old one with the same inode number', () => {
    const { fs, at } = base()
    const [fid, version] = [fs.fidOf('f'), fs.dataVersionOf('f')]
    renameSync(at('f'), at('d/f'))
    unlinkSync(at('g'))
    writeFileSync(at('g'), 'another')
    fs.reconcile()
    expect([fs.fidOf('d/f'), fs.dataVersionOf('d/f')]).toEqual([fid, version])
    expect(new Set([fid, fs.fidOf('g'), ...fs.records(0).map((record) => formatFid(record.tfid))]).size).toBeGreaterThan(3)
    expect(
      fs
        .records(0)
        .filter((record) => record.name.toString() === 'g')
        .map((record) => record.typeName),
    ).toEqual(['CREAT', 'CREAT', 'UNLNK'])
  })

  it('gives written files a new data version, even when size and mtime were put back', () => {
    const { fs, news, at } = base()
    const version = fs.dataVersionOf('f')
    const { atime, mtime } = statSync(at('f'))
    writeFileSync(at('f'), 'F')
    utimesSync(at('f'), atime, mtime)
    fs.reconcile()
    expect(fs.dataVersionOf('f')).not.toBe(version)
    expect(news()).toEqual(['SATTR 0x14', 'OPEN 0x2', 'CLOSE 0x2'])
    expect(statSync(at('f'))).toMatchObject({ mtime })
  })

  it('logs another mode as SATTR and leaves the data version', () => {
    const { fs, news, at } = base()
    const version = fs.dataVersionOf('f')
    chmodSync(at('f'), 0o600)
    fs.reconcile()
    expect(news()).toEqual(['SATTR 0x14'])
    expect(fs.dataVersionOf('f')).toBe(version)
  })

  it('happens by itself when an operation meets an unknown entry', () => {
    const { fs, news, at } = base()
    writeFileSync(at('strange'), 'x')
    fs.chmod('strange', 0o600)
    expect(news()).toEqual(['CREAT strange', 'OPEN 0x4a', 'CLOSE 0x42', 'SATTR 0x14'])
  })
})

describe('a symlink', () => {
  it('is never followed out of the simulator', () => {
    const { sim, fs } = loggedFs()
    const outside = join(sim.paths.root, 'outside')
    mkdirSync(outside, { mode: 0o755 })
    writeFileSync(join(outside, 'f'), 'kept')
    fs.symlink(outside, 'l')
    const attempts = [
      () => fs.mkdir('l/d'),
      () => fs.writeFile('l/f', 'lost'),
      () => fs.unlink('l/f'),
      () => fs.rename('l/f', 'g'),
      () => fs.link('l/f', 'g'),
      () => fs.chmod('l', 0o700),
      () => fs.mkdir('l/d/e'),
    ]
    for (const attempt of attempts) expect(attempt).toThrow(/not followed/)
    expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('kept')
    expect(statSync(outside).mode & 0o777).toBe(0o755)
    expect(fs.tree()).toHaveLength(2)
  })
})

describe('losing records', () => {
  it('leaves a gap at the start, or in the middle, of the live log only', () => {
    const { fs } = loggedFs()
    for (const name of ['a', 'b', 'c']) fs.create(name)
    const { fsname } = fs.snapshot('s0')
    fs.loseRecordRange(0, 4, 5)
    expect(fs.records(0).map((record) => record.index)).toEqual([1, 2, 3, 6, 7, 8, 9])
    fs.loseRecords(0, 6)
    fs.flush()
    expect(fs.records(0).map((record) => record.index)).toEqual([7, 8, 9])
    expect(readFileSync(`${fs.core.paths.snapshot(fsname).changelog(0)}.meta`, 'latin1')).toContain('first 1\n')
  })
})

it('refuses a second user of the same folder while operations are not flushed, and says what to do', () => {
  const { sim, fs } = loggedFs()
  fs.create('f')
  expect(() => Lustresim.open(sim.paths.root).fs('src').create('g')).toThrow(/not flushed/)
  fs.flush()
  const other = Lustresim.open(sim.paths.root).fs('src')
  other.create('g')
  other.flush()
  expect(fs.fidOf('g')).toBe(other.fidOf('g'))
})

it('flushes by itself, soon', async () => {
  const { sim, fs } = loggedFs()
  fs.create('f')
  await new Promise<void>((resolve) => {
    const look = () => (fs.core.isDirty ? setImmediate(look) : resolve())
    look()
  })
  const other = Lustresim.open(sim.paths.root).fs('src')
  expect(other.exists('f')).toBe(true)
  expect(other.tree().map((entry) => entry.path.toString())).toEqual(['', 'f'])
})
