import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { backup, expectRefusal, openSite } from '../backup/backup-site.js'
import { withSettings } from '../backup/settings.js'
import { makeRestoreTree } from './restore-tree.js'

const COMMAND = 'lustrebackup_target_restore'
const INCOMPLETE = 6

let site: Site
let first: number
let second: number
let plain: Host
let folder: string
let to: string
beforeAll(async () => {
  site = await openSite()
  const { filesystem } = site.source
  makeRestoreTree(filesystem)
  first = await backup(site)
  filesystem.rename('home/runs', 'home/moved')
  filesystem.overwrite('home/moved/result2', 0, 'second state')
  filesystem.unlink('home/moved/result3')
  second = await backup(site)
  plain = withSettings(site.target, { BACKUP: { snapshot_backend: 'none' } })
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-restore-'))
})
afterAll(async () => {
  await site?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true })
})
let number = 0
beforeEach(() => {
  number += 1
  to = join(folder, `to${number}`)
})

/** Without snapshots, which take their time to be mounted: what is restored and how does not depend on them. */
const run = (...args: readonly string[]) => site.run(plain, COMMAND, ...args)
const runMounted = (...args: readonly string[]) => site.run(site.target, COMMAND, ...args)

async function restored(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await run(...args, '--json')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return JSON.parse(stdout) as {
    counts: Record<string, number>
    failures: { path: string; reason: string }[]
    steps?: { path: unknown; action: string }[]
  }
}

/** The snapshot of the target as its servers hold it. */
function treeOf(timestamp: number, path = ''): string {
  const { core, snapshots } = site.target.filesystem
  const snapshot = snapshots.list().find(({ name }) => name === `src-backup-${timestamp}`)!
  return join(core.paths.snapshot(snapshot.fsname).tree, 'backup', path)
}

const differences = async (expected: string, actual: string) => (await compareTrees(expected, actual)).differences

function leftovers(at: string): string[] {
  return (readdirSync(at, { recursive: true, encoding: 'latin1' as BufferEncoding }) as string[]).filter((name) =>
    name.includes('lustrebackup-restore'),
  )
}

describe('a whole backup', () => {
  it('comes back in everything, and a second run finds it there', async () => {
    const { counts } = await restored('.', '--to', to)
    expect(await differences(treeOf(second), to)).toEqual([])
    expect(leftovers(to)).toEqual([])
    expect((await restored('.', '--to', to)).counts).toMatchObject({ created: 0, replaced: 0, same: counts.created! - counts.folders! })
    expect((await restored('.', '--to', to, '--overwrite', 'always')).counts).toMatchObject({ created: 0, replaced: 0 })
    expect(await differences(treeOf(second), to)).toEqual([])
  })

  it('an older one is chosen by timestamp or by name', async () => {
    const { exitCode, stderr } = await runMounted('home/runs', 'shared', '--to', to, '-t', String(first))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(await differences(treeOf(first, 'home/runs'), join(to, 'home/runs'))).toEqual([])
    expect(await differences(treeOf(first, 'shared'), join(to, 'shared'))).toEqual([])
    expect(readdirSync(join(to, 'home'))).toEqual(['runs'])
    expect(lstatSync(join(to, 'home'))).toMatchObject({ uid: 1001, mode: 0o42750 })
    expect(lstatSync(to).mode & 0o7777).toBe(0o700)
    expectRefusal(await runMounted('.', '--to', to, '-t', '12345'), 1, /no backup that is a snapshot with timestamp 12345/)
    expectRefusal(
      await runMounted('shared', 'nothing%0Ahere', '--to', to),
      1,
      new RegExp(`src-backup-${second} does not have nothing%0Ahere`),
    )
    expect(site.sim.mounts().filter(({ target }) => target.includes('restore'))).toEqual([])
  })

  it('is listed, with names that no terminal can show', async () => {
    const { stdout } = await run('--list', 'shared')
    expect(stdout).toMatch(new RegExp(`^src-backup-${second}, .* UTC\n`))
    expect(stdout).toMatch(/^- 4755 +1000:1000 +4.9 KiB {2}.* {2}tool$/m)
    expect(stdout).toMatch(/^l 0777 .* latest -> \.\.\/home\/runs\/result1$/m)
    expect(stdout).toMatch(/ {2}new%0Aline$/m)
    expect(stdout).toMatch(/ {2}%FF%FE%80$/m)
    expect(stdout).toMatch(/ {2}%2541 percent$/m)
    const names = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => `shared/${line.slice(line.lastIndexOf('  ') + 2).replace(/ -> .*/, '')}`)
    await restored(...names, '--to', to, '--dry-run')
    await restored('shared/%FF%FE%80', 'shared/new%0Aline', 'shared/%2541 percent', '--to', to)
    expect(readdirSync(join(to, 'shared')).length).toBe(3)
    const { entries } = JSON.parse((await run('--list', '--json', 'shared')).stdout)
    expect(entries).toContainEqual(expect.objectContaining({ path: { percent: 'shared/%FF%FE%80' }, type: 'f' }))
  })
})

describe('a dry run', () => {
  it('says what a run does, and changes nothing', async () => {
    const planned = await restored('shared', '--to', to, '--dry-run')
    expect(existsSync(to)).toBe(false)
    expect(planned.steps).toContainEqual({ path: 'shared/tool', action: 'create', reason: null, type: 'f', size: 5000 })
    const { counts } = await restored('shared', '--to', to)
    expect(planned.counts).toEqual(counts)
    const text = (await run('shared', '--to', to, '--dry-run')).stdout
    expect(text).toMatch(/^same {5}shared\/tool \(4.9 KiB\)$/m)
    expect(text).toMatch(/^would restore 0 entries/m)
  })
})

describe('what is there', () => {
  const tool = 'shared/tool'
  const there = (content: string, mtime: number) => {
    mkdirSync(join(to, 'shared'), { recursive: true })
    writeFileSync(join(to, tool), content)
    utimesSync(join(to, tool), mtime, mtime)
  }

  it('stays, unless --overwrite says otherwise; what differs in nothing but content is found', async () => {
    there('mine', 1)
    expect((await restored(tool, '--to', to)).counts).toMatchObject({ created: 0, replaced: 0, kept: 1 })
    expect(readFileSync(join(to, tool), 'utf8')).toBe('mine')
    there('mine', 4_000_000_000)
    expect((await restored(tool, '--to', to, '--overwrite', 'if-older')).counts).toMatchObject({ replaced: 0, kept: 1 })
    there('mine', 1)
    expect((await restored(tool, '--to', to, '--overwrite', 'if-older')).counts).toMatchObject({ replaced: 1, kept: 0 })
    expect(await differences(treeOf(second, tool), join(to, tool))).toEqual([])
    const { mtime } = lstatSync(join(to, tool))
    writeFileSync(join(to, tool), 'x'.repeat(5000))
    utimesSync(join(to, tool), mtime, mtime)
    expect((await restored(tool, '--to', to, '--overwrite', 'always')).counts).toMatchObject({ replaced: 1, same: 0 })
    expect(await differences(treeOf(second, tool), join(to, tool))).toEqual([])
  })

  it('a file of the same size and time is no first link, unless it has the same content', async () => {
    await restored('home/keep/also-result1', '--to', to)
    const first = join(to, 'home/keep/also-result1')
    const { mtime, size } = lstatSync(first)
    writeFileSync(first, 'x'.repeat(size))
    utimesSync(first, mtime, mtime)
    await restored('home', 'shared/same-as-result1', '--to', to)
    expect(readFileSync(first, 'utf8')).toBe('x'.repeat(size))
    expect(readFileSync(join(to, 'home/moved/result1'))).toEqual(readFileSync(join(site.target.dataPath, 'home/moved/result1')))
    expect(lstatSync(join(to, 'shared/same-as-result1')).ino).toBe(lstatSync(join(to, 'home/moved/result1')).ino)
  })

  it('a symlink in the way is never gone through, nor a folder removed', async () => {
    const elsewhere = join(folder, 'elsewhere')
    mkdirSync(elsewhere, { recursive: true })
    mkdirSync(join(to, 'home/moved/result0'), { recursive: true })
    symlinkSync(elsewhere, join(to, 'shared'))
    writeFileSync(join(to, 'home/moved/result0/mine'), 'mine')
    const { exitCode, stdout } = await run('shared/tool', 'home/moved', '--to', to)
    expect(exitCode).toBe(INCOMPLETE)
    expect(stdout).toContain('shared: a symlink is in the way of a folder; nothing is restored through it')
    expect(stdout).toContain('home/moved/result0: a folder is in the way of a file')
    expect(readdirSync(elsewhere)).toEqual([])
    expect(existsSync(join(to, 'home/moved/result1'))).toBe(true)
    const always = await run('shared/tool', 'home/moved', '--to', to, '--overwrite', 'always')
    expect(always.exitCode).toBe(INCOMPLETE)
    expect(readdirSync(elsewhere)).toEqual([])
    expect(lstatSync(join(to, 'shared')).isDirectory()).toBe(true)
    expect(await differences(treeOf(second, tool), join(to, tool))).toEqual([])
    expect(readFileSync(join(to, 'home/moved/result0/mine'), 'utf8')).toBe('mine')
    expect(leftovers(to)).toEqual([])
  })

  it('a folder of another user keeps its owner, whatever is asked for', async () => {
    mkdirSync(join(to, 'home/keep'), { recursive: true, mode: 0o700 })
    chownSync(join(to, 'home/keep'), 4321, 4321)
    const { exitCode, stdout } = await run('home/keep', '--to', to, '--overwrite', 'always')
    expect(exitCode).toBe(INCOMPLETE)
    expect(stdout).toContain('home/keep: the folder that is there belongs to user 4321')
    expect(lstatSync(join(to, 'home/keep'))).toMatchObject({ uid: 4321 })
  })
})

describe('a user who changes his folder all the time', () => {
  const USER = 4321
  /** Exchanges what is in his folder with symlinks to what he may not touch, as fast as he can. */
  const ADVERSARY = `
    const { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } = require('node:fs')
    const [own, victim] = process.argv.slice(1)
    const quietly = (act) => { try { act() } catch {} }
    process.send('ready')
    for (let round = 0; ; round += 1) {
      for (const name of ['home', 'shared', 'home/moved', '.lustrebackup-restore-x']) {
        quietly(() => renameSync(own + '/' + name, own + '/was' + (round % 4)))
        quietly(() => symlinkSync(victim, own + '/' + name))
        quietly(() => unlinkSync(own + '/' + name))
        quietly(() => mkdirSync(own + '/' + name))
      }
    }`

  it('makes a restore fail, and gets nothing by it', async () => {
    const victim = join(folder, 'victim')
    mkdirSync(victim)
    writeFileSync(join(victim, 'tool'), 'precious', { mode: 0o600 })
    const before = lstatSync(join(victim, 'tool'), { bigint: true })
    mkdirSync(to)
    chownSync(to, USER, USER)
    chmodSync(folder, 0o755)
    const adversary = spawn(process.execPath, ['-e', ADVERSARY, to, victim], {
      uid: USER,
      gid: USER,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    try {
      await once(adversary, 'message')
      for (const overwrite of ['never', 'always']) {
        const { exitCode, stderr } = await run('.', '--to', to, '--overwrite', overwrite)
        expect([0, INCOMPLETE]).toContain(exitCode)
        expect(stderr).toBe('')
      }
    } finally {
      adversary.kill('SIGKILL')
      await once(adversary, 'exit')
    }
    expect(readdirSync(victim)).toEqual(['tool'])
    expect(readFileSync(join(victim, 'tool'), 'utf8')).toBe('precious')
    const { ctimeNs, uid, mode } = lstatSync(join(victim, 'tool'), { bigint: true })
    expect([ctimeNs, uid, mode]).toEqual([before.ctimeNs, 0n, 0o100600n])
    expect(lstatSync(victim)).toMatchObject({ uid: 0, mode: 0o40755 })
  })
})

describe('a run that is killed', () => {
  it('leaves what the next one goes on from, and clears away', async () => {
    const running = site.start(plain, COMMAND, '.', '--to', to)
    const ended = running.result.then(() => true)
    while (!existsSync(join(to, 'home')) && !(await Promise.race([ended, nextTurn(false)])));
    process.kill(running.pid, 'SIGKILL')
    await ended
    // The lock of a dead process is taken over with a warning.
    expect((await run('.', '--to', to)).exitCode).toBe(0)
    expect(await differences(treeOf(second), to)).toEqual([])
    expect(leftovers(to)).toEqual([])
  })

  it('is stopped in order by SIGTERM', async () => {
    const running = site.start(plain, COMMAND, '.', '--to', to)
    const ended = running.result.then(() => true)
    while (!existsSync(join(to, 'home')) && !(await Promise.race([ended, nextTurn(false)])));
    process.kill(running.pid, 'SIGTERM')
    expect([0, 143]).toContain((await running.result).exitCode)
    expect(leftovers(to)).toEqual([])
    await restored('.', '--to', to)
    expect(await differences(treeOf(second), to)).toEqual([])
  })
})

describe('the folder that is restored into', () => {
  it('is refused beneath the backup itself', async () => {
    for (const inside of [
      site.target.dataPath,
      join(site.target.dataPath, 'project0'),
      join(site.target.metaBasepath, 'tmp'),
      site.target.snapshotHome,
    ]) {
      expectRefusal(await run('shared', '--to', inside), 2, /belongs to the backup itself/)
    }
    const { exitCode, stdout } = await run('.', '--to', site.target.mount, '--overwrite', 'never', '--dry-run')
    expect({ exitCode, hasTree: stdout.includes('create   project0/') }).toEqual({ exitCode: 0, hasTree: true })
  })

  it('is not reached through a symlink that others than root can change', async () => {
    const target = join(folder, 'target-of-link')
    mkdirSync(target)
    symlinkSync(target, to)
    expectRefusal(await run('shared', '--to', to), 1, /is a symlink that others than root can change/, /realpath/)
    expectRefusal(await run('shared', '--to', join(to, 'below')), 1, /is a symlink that others than root can change/)
    expect(readdirSync(target)).toEqual([])
  })
})

describe('versions', () => {
  it('follow a file under the names that it had', async () => {
    const versions = JSON.parse((await runMounted('--versions', 'home/runs/result0', '--json')).stdout)
    expect(versions.map(({ timestamp, path }: { timestamp: number; path: string }) => [timestamp, path])).toEqual([
      [second, 'home/moved/result0'],
      [first, 'home/runs/result0'],
    ])
    expect(JSON.parse((await runMounted('--versions', 'home/moved/result0', '--json')).stdout)).toEqual(versions)
    const { stdout } = await runMounted('--versions', 'home/runs/result3')
    expect(stdout).toMatch(new RegExp(`^\\* ${first} {2}.*home/runs/result3\n$`))
    expectRefusal(await runMounted('--versions', 'never/there'), 1, /no backup has this path/)
    expect(site.sim.mounts().filter(({ target }) => target.includes('restore'))).toEqual([])
  })

  it('without snapshots, there is one', async () => {
    expectRefusal(await run('--list', '-t', String(first)), 1, /keeps no snapshots/)
    expect((await run('--list', '-t', String(second))).exitCode).toBe(0)
    expect((await run('--versions', 'shared/tool')).stdout).toContain(String(second))
  })
})
