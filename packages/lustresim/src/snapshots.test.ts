import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SimFilesystem } from './filesystem.js'
import { decodeIndex } from './index-codec.js'
import { pathOf } from './inode.js'
import { scanTree } from './scan.js'
import { SnapshotError } from './snapshots.js'
import { makeSim, manualClock } from './testing.test-helper.js'

const treeOf = (fs: SimFilesystem, fsname: string) => fs.core.paths.snapshot(fsname).tree

function filled() {
  const sim = makeSim()
  const fs = sim.fs('src')
  fs.registerChangelog()
  fs.mkdir('d')
  fs.writeFile('d/f', 'content')
  fs.link('d/f', 'd/g')
  fs.symlink('f', 'd/s')
  fs.mknod('d/p', 'fifo')
  fs.mknod('d/c', 'char', { major: 1, minor: 3 })
  fs.mknod('d/sock', 'socket')
  fs.setxattr('d/f', 'user.k', 'v')
  fs.setfacl('d', ['-d', '-m', 'u:1000:rwx'])
  fs.setfacl('d/f', ['-m', 'u:1000:rw'])
  fs.chown('d/f', 1000, 1001)
  const sparse = fs.open('d/sparse', { write: true, create: true })
  fs.write(sparse, 10_000_000, 'end')
  fs.close(sparse)
  fs.writeFile(Buffer.from([0x64, 0x2f, 0xff, 0x0a]), 'odd name')
  return { sim, fs }
}

const attributes = (tree: string) =>
  execFileSync('getfattr', ['-Rhd', '-m', '-', '--absolute-names', '.'], { cwd: tree }).toString('latin1')

describe('a snapshot', () => {
  it('is the tree as it was, with everything', () => {
    const { fs } = filled()
    fs.flush()
    const before = scanTree(fs.live)
    const acls = attributes(fs.live)
    const { fsname } = fs.snapshot('s0')
    fs.unlink('d/f')
    fs.chmod('d', 0o700)
    fs.writeFile('d/new', 'x')
    fs.flush()
    const strip = (rows: ReturnType<typeof scanTree>) => rows.map(({ ino: _, ctimeNs: __, btimeNs: ___, ...row }) => row)
    expect(strip(scanTree(treeOf(fs, fsname)))).toEqual(strip(before))
    expect(attributes(treeOf(fs, fsname))).toBe(acls)
    expect(statSync(join(treeOf(fs, fsname), 'd/sparse')).blocks).toBeLessThan(100)
    expect(lstatSync(join(treeOf(fs, fsname), 'd/c')).rdev).toBe(lstatSync(join(fs.live, 'd/c')).rdev)
  })

  it('keeps every FID and data version', () => {
    const { fs } = filled()
    const names = fs.tree().map(({ path, fid }) => `${fid} ${path.toString('latin1')}`)
    const version = fs.dataVersionOf('d/f')
    const { fsname } = fs.snapshot('s0')
    fs.rename('d', 'e')
    fs.overwrite('e/f', 0, 'changed')
    fs.flush()
    const inodes = decodeIndex(readFileSync(fs.core.paths.snapshot(fsname).index))
    const kept = inodes.flatMap((inode) => (inode.links.length > 0 ? inode.links : [undefined]).map((link) => pathOf(inode, link)))
    expect(kept.sort()).toEqual(names.map((line) => line.slice(line.indexOf(' ') + 1)).sort())
    expect(inodes.find((inode) => pathOf(inode) === 'd/f')?.dataVersion).toBe(version)
    expect(fs.dataVersionOf('e/f')).not.toBe(version)
    expect(
      inodes.every(
        (inode) =>
          lstatSync(Buffer.concat([Buffer.from(`${treeOf(fs, fsname)}/`), Buffer.from(pathOf(inode), 'latin1')]), { bigint: true }).ino ===
          BigInt(inode.ino),
      ),
    ).toBe(true)
  })

  it('lacks what clients had not written back: new size and mtime over old content, or nothing at all', () => {
    const clock = manualClock()
    const sim = makeSim({ now: clock.now })
    const fs = sim.fs('src')
    fs.writeFile('same', 'old content')
    fs.writeFile('longer', 'short')
    fs.writeFile('rewritten', 'old')
    clock.advance(10)
    fs.overwrite('same', 0, 'NEW CONTENT', { unflushed: true })
    fs.append('longer', ' and more', { unflushed: true })
    fs.writeFile('rewritten', 'new', { unflushed: true })
    fs.writeFile('created', 'new', { unflushed: true })
    const tree = treeOf(fs, fs.snapshot('s0').fsname)
    const content = (dir: string, name: string) => readFileSync(join(dir, name), 'latin1')
    expect(content(tree, 'same')).toBe('old content')
    expect(content(tree, 'longer')).toBe(`short${'\0'.repeat(9)}`)
    expect([content(tree, 'rewritten'), content(tree, 'created')]).toEqual(['', ''])
    for (const name of readdirSync(tree)) expect(statSync(join(tree, name)).mtimeMs).toBe(statSync(join(fs.live, name)).mtimeMs)
    expect(content(fs.live, 'same')).toBe('NEW CONTENT')
    fs.sync()
    expect(content(treeOf(fs, fs.snapshot('s1').fsname), 'same')).toBe('NEW CONTENT')
  })

  it('has what other programs left in the tree, and its records', () => {
    const { fs } = filled()
    fs.flush()
    execFileSync('cp', ['-a', join(fs.live, 'd'), join(fs.live, 'copy')])
    const { fsname } = fs.snapshot('s0')
    expect(readFileSync(join(treeOf(fs, fsname), 'copy/g'), 'latin1')).toBe('content')
    expect(
      [0, 1].flatMap((mdt) => fs.records(mdt)).some((record) => record.typeName === 'MKDIR' && record.name.toString() === 'copy'),
    ).toBe(true)
  })
})

describe('snapshot commands', () => {
  const refusal = (action: () => unknown) => {
    try {
      action()
    } catch (error) {
      if (error instanceof SnapshotError) return error.exitCode
      throw error
    }
    return 0
  }

  it('refuse with the exit codes of a real MGS', () => {
    const { snapshots } = makeSim().fs('src')
    expect(refusal(() => snapshots.create('s0', { comment: 'c' }))).toBe(0)
    expect(refusal(() => snapshots.create('s0'))).toBe(17)
    expect([refusal(() => snapshots.create('with space')), refusal(() => snapshots.create('bad/slash'))]).toEqual([2, 1])
    expect([refusal(() => snapshots.mount('nosuch')), refusal(() => snapshots.umount('nosuch'))]).toEqual([22, 22])
    expect([refusal(() => snapshots.umount('s0')), refusal(() => snapshots.mount('s0')), refusal(() => snapshots.mount('s0'))]).toEqual([
      114, 0, 114,
    ])
    expect([refusal(() => snapshots.modify('s0', { newName: 's1' })), refusal(() => snapshots.modify('s0', { comment: 'x' }))]).toEqual([
      16, 0,
    ])
    expect(refusal(() => snapshots.modify('s0', {}))).toBe(22)
    expect([refusal(() => snapshots.destroy('s0')), refusal(() => snapshots.destroy('s0', true))]).toEqual([1, 0])
    expect([refusal(() => snapshots.destroy('s0')), refusal(() => snapshots.destroy('s0', true))]).toEqual([2, 22])
  })

  it('list newest first and keep the fsname through a rename', () => {
    const { snapshots, core } = makeSim().fs('src')
    for (const name of ['a', 'b', 'c']) snapshots.create(name)
    snapshots.modify('b', { newName: 'x' })
    expect(snapshots.list().map((info) => `${info.name} ${info.fsname}`)).toEqual(['c 00000003', 'x 00000002', 'a 00000001'])
    snapshots.destroy('x')
    expect(existsSync(core.paths.snapshot('00000002').dir)).toBe(false)
  })

  it('fail on request: barriers that expire, servers that cannot mount, pieces that are missing', () => {
    const sim = makeSim()
    const { snapshots } = sim.fs('src')
    sim.setFaults({ barrier_expiries: 2, missing_pieces: ['OST0001'], mount_failures: ['s0'] })
    expect([1, 2, 3].map(() => refusal(() => snapshots.create('s0')))).toEqual([110, 110, 0])
    expect(snapshots.list()[0]?.pieces).toEqual(['MGS', 'MDT0000', 'MDT0001', 'OST0000'])
    expect(refusal(() => snapshots.mount('s0'))).toBe(5)
    sim.setFaults({})
    expect(refusal(() => snapshots.mount('s0'))).toBe(0)
  })
})
