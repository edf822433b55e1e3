import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SimFilesystem } from './filesystem.js'
import { decodeRecords } from './record-codec.js'
import type { Lustresim } from './sim.js'
import { makeSim } from './testing.test-helper.js'

let build: string

beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'lustresim-probe-'))
  const source = fileURLToPath(new URL('../fixtures/probe.c', import.meta.url))
  execFileSync(process.env.CC ?? 'cc', ['-O1', '-pthread', '-o', join(build, 'probe'), source, '-ldl'])
})

afterAll(() => rmSync(build, { recursive: true }))

/** One call of the library in a process of its own; no environment is needed. */
function probe(sim: Lustresim, ...args: readonly (string | number)[]) {
  sim.flush()
  const result = spawnSync(join(build, 'probe'), [sim.library, ...args.map(String)], { env: {} })
  return { out: result.stdout, text: result.stdout.toString('latin1').trim(), err: result.stderr.toString() }
}

/** Mounts the live file system and a snapshot of it. */
function mountBoth(sim: Lustresim, fs: SimFilesystem) {
  const home = join(sim.paths.root, 'mnt')
  const info = fs.snapshot('s0')
  fs.snapshots.mount('s0')
  sim.mount('src', join(home, 'src'), ['user_xattr'])
  sim.mount(info.fsname, join(home, 's0'), ['ro', 'user_xattr'])
  return { live: join(home, 'src'), snapshot: join(home, 's0'), fsname: info.fsname }
}

describe.each(['bind', 'symlink'] as const)('FIDs and paths over %s mounts', (mounts) => {
  it('names every link of a file, and the root', () => {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    fs.mkdir('d')
    const fid = fs.create('h1')
    fs.link('h1', 'h2')
    fs.link('h1', 'd/h3')
    const { live, snapshot, fsname } = mountBoth(sim, fs)
    fs.unlink('h1')
    fs.rename('d', 'e')
    expect(probe(sim, 'fid2path', live, fid).text).toBe('0 h2 1\n0 e/h3 1')
    expect(probe(sim, 'fid2path', snapshot, fid).text).toBe('0 h1 1\n0 h2 2\n0 d/h3 2')
    expect(probe(sim, 'fid2path', join(snapshot, 'd'), fid.slice(1, -1)).text).toBe('0 h1 1\n0 h2 2\n0 d/h3 2')
    expect(probe(sim, 'fid2path', fsname, fid).text).toContain('0 d/h3 2')
    expect(probe(sim, 'fid2path', 'src', '[0x200000007:0x1:0x0]').text).toBe('0 / 0')
  })

  it('tells the same of a tree that it knows already, by a path, a descriptor, and one of the mount', () => {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    const folder = fs.mkdir('d')
    const file = fs.create('d/f')
    fs.link('d/f', 'h')
    const { live, snapshot } = mountBoth(sim, fs)
    const there = [`0 ${folder}`, `0 ${folder}`, '0 d 0', `0 ${file}`, `0 ${file}`, '0 d/f 1', '0 h 1']
    for (const mount of [live, snapshot]) {
      expect(probe(sim, 'twice', mount, join(mount, 'd'), join(mount, 'd/f')).text.split('\n')).toEqual([...there, ...there])
    }
    // By a path a mount point that is a symlink is that symlink.
    const root = probe(sim, 'twice', snapshot, `${snapshot}/`).text.split('\n')
    const answer = ['0 [0x200000007:0x1:0x0]', '0 [0x200000007:0x1:0x0]', '0 / 0']
    expect(root).toEqual([...answer, ...answer])
  })

  it('answers with the errors of the real library', () => {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    const gone = fs.create('gone')
    fs.unlink('gone')
    const { live } = mountBoth(sim, fs)
    expect(probe(sim, 'fid2path', live, gone).text).toBe('-2  0')
    expect(probe(sim, 'fid2path', live, '[0x0:0x0:0x0]').text).toBe('-2  0')
    expect(probe(sim, 'fid2path', live, 'garbage').text).toBe('-22  0')
    expect(probe(sim, 'fid2path', tmpdir(), gone).text).toBe('-19  0')
    expect(probe(sim, 'path2fid', join(live, 'gone')).text).toMatch(/^-2 /)
    expect(probe(sim, 'path2fid', tmpdir()).text).toMatch(/^-61 /)
    expect(probe(sim, 'path2parent', live, 0).text).toMatch(/^-61 /)
  })

  it('finds the FID of a path, a symlink, a descriptor, a name below one, and a mount point', () => {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    const dir = fs.mkdir('d')
    const file = fs.writeFile('d/f', 'x')
    const link = fs.symlink('f', 'd/s')
    const { live, snapshot } = mountBoth(sim, fs)
    for (const root of [live, snapshot]) {
      expect(probe(sim, 'path2fid', join(root, 'd/f')).text).toBe(`0 ${file}`)
      expect(probe(sim, 'path2fid', join(root, 'd/s')).text).toBe(`0 ${link}`)
      expect(probe(sim, 'path2fid', `${join(root, 'd')}/`).text).toBe(`0 ${dir}`)
      expect(probe(sim, 'fd2fid', join(root, 'd/f')).text).toBe(`0 ${file}`)
      expect(probe(sim, 'at', join(root, 'd'), 's').text).toBe(`0 ${link}`)
      expect(probe(sim, 'path2fid', root).text).toBe('0 [0x200000007:0x1:0x0]')
      expect(probe(sim, 'path2parent', join(root, 'd/f'), 0).text).toBe(`f 0 ${dir}`)
      expect(probe(sim, 'path2parent', join(root, 'd/f'), 1).text).toMatch(/-61/)
      expect(probe(sim, 'fsname', root).text).toBe(`0 ${root === live ? 'src' : '00000001'}`)
      expect([probe(sim, 'count', root, 1).text, probe(sim, 'count', root, 0).text]).toEqual(['0 2', '0 2'])
    }
  })

  it('names an entry that another program made as the next reconcile will', () => {
    const sim = makeSim({ mounts })
    const fs = sim.fs('src')
    const { live } = mountBoth(sim, fs)
    mkdirSync(join(live, 'new'))
    writeFileSync(join(live, 'new/file'), 'x')
    const told = ['new', 'new/file'].map((path) => probe(sim, 'path2fid', join(live, path)).text)
    fs.reconcile()
    expect(told).toEqual(['new', 'new/file'].map((path) => `0 ${fs.fidOf(path)}`))
    expect(probe(sim, 'path2fid', join(live, 'new/file')).text).toBe(told[1])
  })
})

it('tells no more names than fit into the link attribute', () => {
  const sim = makeSim()
  const fs = sim.fs('src')
  const fid = fs.create('f0')
  const name = (i: number) => `${'n'.repeat(200)}${i}`
  for (let i = 10; i < 40; i++) fs.link('f0', name(i))
  const names = probe(sim, 'fid2path', 'src', fid).text.split('\n')
  // 24 bytes of header, 18 + 2 for f0, 18 + 202 for each other name.
  expect(names).toHaveLength(1 + Math.floor((4096 - 24 - 20) / 220))
  fs.unlink('f0')
  expect(probe(sim, 'fid2path', 'src', fid).text.split('\n')).toHaveLength(names.length - 1)
})

describe('data versions', () => {
  it('stay with the servers until the clients are asked to flush', () => {
    const sim = makeSim()
    const fs = sim.fs('src')
    fs.writeFile('f', 'old!')
    const { live, snapshot } = mountBoth(sim, fs)
    const before = probe(sim, 'data_version', join(snapshot, 'f'), 0).text
    fs.overwrite('f', 0, 'new!', { unflushed: true })
    expect(probe(sim, 'data_version', join(live, 'f'), 0).text).toBe(before)
    const s1 = fs.snapshot('s1')
    const after = probe(sim, 'data_version', join(live, 'f'), 1).text
    expect(after).not.toBe(before)
    expect(probe(sim, 'data_version', join(live, 'f'), 0).text).toBe(after)
    const s2 = fs.snapshot('s2')
    const content = (fsname: string) => readFileSync(join(fs.core.paths.snapshot(fsname).tree, 'f'), 'latin1')
    expect([content(s1.fsname), content(s2.fsname)]).toEqual(['old!', 'new!'])
    expect(`0 ${fs.dataVersionOf('f')}`).toBe(after)
  })

  it('are unknown outside', () => {
    const sim = makeSim()
    expect(probe(sim, 'data_version', fileURLToPath(import.meta.url), 0).text).toBe('-25 0')
  })
})

it('tells released files', () => {
  const sim = makeSim()
  const fs = sim.fs('src')
  fs.writeFile('f', 'content')
  fs.hsmRelease('f')
  expect(probe(sim, 'hsm', join(fs.live, 'f')).text).toBe('0 0xd')
  expect(readFileSync(join(fs.live, 'f'))).toEqual(Buffer.alloc(7))
  fs.hsmRestore('f')
  expect(readFileSync(join(fs.live, 'f'), 'latin1')).toBe('content')
})

describe('changelogs', () => {
  function simWithLog() {
    const sim = makeSim({ filesystems: [{ name: 'src' }] })
    const fs = sim.fs('src')
    fs.registerChangelog()
    fs.create('a')
    fs.rename('a', 'b')
    fs.setxattr('b', 'user.k', 'v')
    return { sim, fs }
  }

  it('are received record by record, and the end is the end', () => {
    const { sim, fs } = simWithLog()
    sim.flush()
    expect(probe(sim, 'log', 'src-MDT0000', 4, '0x0c', '0xf').text).toBe('start 0\n4 8 0xf000\n5 15 0xd000\nend 1\nagain 1\nfini 0 -22')
    expect(probe(sim, 'log', 'src-MDT0000', 6, '0x0c', '0xf').text).toMatch(/^start 0\nend 1/)
    expect(probe(sim, 'log', 'src-MDT0000', -1, '0x0c', 0).text).toBe('start -22')
    expect(probe(sim, 'log', 'src-MDT0009', 0, '0x0c', 0).text).toBe('start -2')
    expect(probe(sim, 'log', 'src-MDT0000_UUID', 0, '0x0c', 0).text).toBe('start -2')
    expect(fs.records(0)).toHaveLength(5)
  })

  it('come without the extensions that nobody asked for, and with a warning', () => {
    const { sim } = simWithLog()
    const { text, err } = probe(sim, 'log', 'src-MDT0000', 5, 0, 0)
    expect(text).toContain('5 15 0x1000')
    expect(err).toMatch(/without CHANGELOG_FLAG_EXTRA_FLAGS\n.*without CHANGELOG_FLAG_JOBID/)
  })

  it('are read in bulk from the descriptor, from any record on', () => {
    const { sim, fs } = simWithLog()
    const records = decodeRecords(probe(sim, 'copy', 'src-MDT0000', 3).out)
    expect(records).toEqual(fs.records(0).slice(2))
  })

  it('of a snapshot end at the snapshot, and cannot be cleared', () => {
    const { sim, fs } = simWithLog()
    const { fsname } = mountBoth(sim, fs)
    fs.create('later')
    expect(decodeRecords(probe(sim, 'copy', `${fsname}-MDT0000`, 4).out).map((record) => record.index)).toEqual([4, 5])
    expect(probe(sim, 'copy', 'src-MDT0000', 4).out.length).toBeGreaterThan(probe(sim, 'copy', `${fsname}-MDT0000`, 4).out.length)
    expect(probe(sim, 'clear', `${fsname}-MDT0000`, 'cl1', 3).text).toBe('-30')
  })

  it('are not there for a snapshot that no client has mounted', () => {
    const { sim, fs } = simWithLog()
    expect(probe(sim, 'log', `${fs.snapshot('s0').fsname}-MDT0000`, 0, '0x0c', 0).text).toBe('start -2')
  })

  it('are not there for an MDT whose piece the snapshot lacks', () => {
    const sim = makeSim()
    const fs = sim.fs('src')
    sim.setFaults({ missing_pieces: ['MDT0001'] })
    const { snapshot, fsname } = mountBoth(sim, fs)
    expect(probe(sim, 'count', snapshot, 1).text).toBe('0 1')
    expect(probe(sim, 'log', `${fsname}-MDT0000`, 0, '0x0c', 0).text).toMatch(/^start 0/)
    expect(probe(sim, 'log', `${fsname}-MDT0001`, 0, '0x0c', 0).text).toBe('start -2')
  })

  it('are cleared up to the slowest user', () => {
    const { sim, fs } = simWithLog()
    const slow = fs.registerChangelog()
    fs.create('c')
    expect(probe(sim, 'clear', 'src-MDT0000', 'cl1', 4).text).toBe('0')
    expect(fs.records(0)[0]?.index).toBe(5)
    expect(probe(sim, 'clear', 'src-MDT0000', 'cl1', 0).text).toBe('0')
    expect(fs.records(0)[0]?.index).toBe(6)
    expect(probe(sim, 'clear', 'src-MDT0000', slow, 8).text).toBe('0')
    expect(fs.records(0)).toEqual([])
  })

  it('refuse a wrong clear with the error of the real one', () => {
    const { sim } = simWithLog()
    const clear = (user: string, end: number) => probe(sim, 'clear', 'src-MDT0000', user, end)
    expect(clear('cl1', 3).text).toBe('0')
    expect(clear('cl99', 5)).toMatchObject({ text: '-2', err: "probe: cannot purge records for 'cl99': No such file or directory (2)\n" })
    expect([clear('xx', 5), clear('cl1', 6), clear('cl1', 2), clear('cl1', -5)].map(({ text }) => text)).toEqual([
      '-22',
      '-22',
      '-22',
      '-22',
    ])
    expect(probe(sim, 'clear', 'nosuch', 'cl1', 5).text).toBe('-2')
    expect(clear('cl1', 3).text).toBe('0')
  })
})

describe('faults', () => {
  it('are FIDs that cannot be resolved, until they are switched off', () => {
    const sim = makeSim()
    const fid = sim.fs('src').create('f')
    sim.setFaults({ fid2path_errors: { [fid]: 5 } })
    expect(probe(sim, 'fid2path', 'src', fid).text).toBe('-5  0')
    sim.setFaults({})
    expect(probe(sim, 'fid2path', 'src', fid).text).toBe('0 f 0')
  })
})

it('serves many threads while the index is replaced under it', async () => {
  const sim = makeSim()
  const fs = sim.fs('src')
  fs.mkdir('d')
  const fid = fs.create('d/f')
  sim.flush()
  const { spawn } = await import('node:child_process')
  const child = spawn(join(build, 'probe'), [sim.library, 'threads', 'src', fid, 'd/f'])
  const output: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => output.push(data))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let running = true
  void ended.then(() => {
    running = false
  })
  for (let i = 0; running; i++) {
    fs.create(`other${i}`)
    fs.flush()
    await new Promise(setImmediate)
  }
  expect(await ended).toBe(0)
  expect(Buffer.concat(output).toString().trim()).toBe('0')
})
