import { existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import { acquireLock } from '@lustrebackup/core/state/locks'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { Lustresim, NID } from '@lustrebackup/lustresim/sim'
import { runCommand } from '@lustrebackup/lustresim/site/site'
import { type ShimServer, startShimServer } from '@lustrebackup/lustresim/start-shim-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installedPrefix } from '../backup/installed-prefix.js'

const seconds = (text: string) => Date.parse(text) / 1000

let folder: string
let sim: Lustresim
let shims: ShimServer
let prefix: string
beforeEach(async () => {
  prefix = installedPrefix()
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-cleanup-'))
  sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src', mdts: 1, osts: 1 }] })
  shims = await startShimServer(sim.paths.root)
  sim.mount('src', join(folder, 'mnt'))
  const lines = [
    `[GLOBAL]\nlogdir = ${folder}/log\n[LUSTRE]\nfsname = src\nnid = ${NID}\nmgs =\nmgs_commands = lctl\nmdt = MDT0000`,
    `data_mount = ${folder}/mnt\nmeta_basepath = ${folder}/mnt/.lustrebackup\nsnapshot_home = ${folder}/snap`,
    `[SYSTEM]\ncommand_path = ${sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ]
  writeFileSync(join(folder, 'conf'), lines.join('\n'))
})
afterEach(async () => {
  await shims.close()
  sim.destroy()
  rmSync(folder, { recursive: true })
})

const meta = (path: string) => join(folder, 'mnt/.lustrebackup', path)
const snapshots = () => sim.fs('src').snapshots
const names = () =>
  snapshots()
    .list()
    .map(({ name }) => name)
    .toSorted()
const targets = () => sim.mounts().map(({ target }) => target.replace(folder, ''))

function make(time: string, fsname = 'src', comment = ''): string {
  const name = `${fsname}-backup-${seconds(time)}`
  snapshots().create(name, { comment })
  return name
}

function link(name: string, timestamp: string): void {
  mkdirSync(meta('backup'), { recursive: true })
  writeFileSync(meta(`backup/${timestamp}.json`), JSON.stringify({ fsname: 'other' }))
  symlinkSync(`backup/${timestamp}.json`, meta(name))
}

async function cleanup(...args: readonly string[]) {
  sim.fs('src').flush()
  const { exitCode, stdout, stderr } = await runCommand(join(prefix, 'bin/lustrebackup_snapshot_cleanup'), [
    '-c',
    join(folder, 'conf'),
    ...args,
  ])
  return { exitCode, lines: stdout.split('\n').slice(0, -1), stderr }
}

/** Two days that stay, and of an earlier one the last; `early` and `noon` are of the same day anywhere. */
const [TODAY, YESTERDAY, EARLY, NOON] = ['2021-03-10T10:30Z', '2021-03-09T10:30Z', '2021-02-20T10:30Z', '2021-02-20T10:31Z'] as const
const timestampOf = (name: string) => name.replace(/.*-/, '')

describe('by the rules', () => {
  it('shows first what it then does, and does it once', async () => {
    const [today, yesterday, early, noon] = [make(TODAY), make(YESTERDAY), make(EARLY), make(NOON)]
    const shown = await cleanup('-D')
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' })
    expect(shown.lines.map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
      `keep ${today}`,
      `keep ${yesterday}`,
      `keep ${noon}`,
      `destroy ${early}`,
      '1 to',
    ])
    expect(shown.lines[3]).toMatch(new RegExp(`${noon} stands for day 2021-02-2\\d$`))
    expect(names()).toEqual([early, noon, yesterday, today].toSorted())
    expect(existsSync(meta('snapshot'))).toBe(false)
    const done = await cleanup()
    expect(done).toMatchObject({ exitCode: 0, stderr: '' })
    expect(done.lines).toEqual([expect.stringContaining(`destroyed ${early} of 2021-02-2`), '1 destroyed, 3 kept'])
    expect(names()).toEqual([noon, yesterday, today].toSorted())
    expect((await cleanup()).lines).toEqual(['0 destroyed, 3 kept'])
  })

  it('spares what is protected, verified, made by others, of another file system, or mounted elsewhere', async () => {
    const all = ['-a0', '-d0', '-w0', '-m0', '-y0']
    const [today, base, verified, mounted, gone] = [TODAY, YESTERDAY, EARLY, NOON, '2020-01-01T10:30Z'].map((time) => make(time)) as [
      string,
      ...string[],
    ]
    const other = make('2019-01-01T10:30Z', 'dst')
    const commented = make('2019-01-02T10:30Z', 'src', 'source_fsname: dst, source_snapshot: x')
    snapshots().create('manual')
    snapshots().mount(mounted!)
    link('last_backup', timestampOf(base!))
    mkdirSync(meta('verify'))
    writeFileSync(meta(`verify/${timestampOf(verified!)}.json`), '{}')
    const result = await cleanup(...all)
    expect(result.lines).toEqual([
      expect.stringContaining(`destroyed ${gone}`),
      `left ${mounted} alone: it is mounted on the servers, so another node may use it`,
      '1 destroyed, 7 kept',
    ])
    expect(names()).toEqual([today, base, verified, mounted, other, commented, 'manual'].toSorted())
    expect((await cleanup(...all, '-r', '-f')).lines.at(-1)).toBe('2 destroyed, 5 kept')
    expect(names()).toEqual([today, base, other, commented, 'manual'].toSorted())
  })

  it('decides about each file system whose states are kept here by itself', async () => {
    const [local, localOld] = [make(NOON), make(EARLY)]
    const [held, heldOld, newest] = [make(EARLY, 'other'), make('2021-02-20T10:29Z', 'other'), make(TODAY, 'other')]
    link('last_backup', timestampOf(newest))
    expect((await cleanup('-a0')).lines.at(-1)).toBe('2 destroyed, 3 kept')
    expect(names()).toEqual([local, held, newest].toSorted())
    expect(names()).not.toContain(localOld)
    expect(names()).not.toContain(heldOld)
  })

  it('goes on after a failure, and says so', async () => {
    make(TODAY)
    const [a, b] = [make(EARLY), make('2021-02-20T10:29Z')]
    make(NOON)
    sim.setFaults({ lctl_failures: { snapshot_destroy: 1 } })
    const result = await cleanup()
    expect(result.exitCode).toBe(1)
    for (const name of [a, b]) expect(result.stderr).toContain(`the snapshot ${name} could not be destroyed`)
    expect(result.lines).toEqual(['0 destroyed, 4 kept, 2 of them because they could not be destroyed'])
  })

  it('prints one JSON document', async () => {
    const [today, early, noon] = [make(TODAY), make(EARLY), make(NOON)]
    const { lines } = await cleanup('--json')
    expect(JSON.parse(lines.join('\n'))).toEqual({
      mounts: [],
      snapshots: [
        { name: today, timestamp: seconds(TODAY), action: 'keep', reason: expect.stringContaining('newest'), result: null },
        { name: noon, timestamp: seconds(NOON), action: 'keep', reason: expect.stringContaining('day 2021'), result: null },
        {
          name: early,
          timestamp: seconds(EARLY),
          action: 'destroy',
          reason: expect.stringContaining(noon),
          result: { kind: 'destroyed', reason: null },
        },
      ],
      notes: [],
    })
  })
})

describe('by timestamp', () => {
  it('destroys that one, though the rules would keep it; a needed one only by force', async () => {
    const [today, yesterday] = [make(TODAY), make(YESTERDAY)]
    expect(await cleanup('-t', timestampOf(yesterday))).toMatchObject({
      exitCode: 0,
      lines: [expect.stringMatching(/asked for$/), '1 destroyed, 0 kept'],
    })
    const refused = await cleanup('-t', timestampOf(today))
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`${today} is not destroyed: it is the newest snapshot`) })
    expect((await cleanup('-t', '12345')).stderr).toContain('knows no snapshot with timestamp 12345')
    expect(names()).toEqual([today])
    expect((await cleanup('-t', timestampOf(today), '-f')).exitCode).toBe(0)
    expect(names()).toEqual([])
  })

  it('is wrong usage with a number that makes no sense, or together with -o', async () => {
    expect((await cleanup('-t', 'yesterday')).exitCode).toBe(2)
    expect((await cleanup('-d', '-1')).exitCode).toBe(2)
    expect((await cleanup('-y', '10000')).exitCode).toBe(2)
    expect((await cleanup('-o', '-t', '1')).exitCode).toBe(2)
  })
})

describe('mounts', () => {
  function mount(name: string, postfix: string): void {
    const { fsname, mounted } = snapshots()
      .list()
      .find((each) => each.name === name)!
    if (!mounted) snapshots().mount(name)
    sim.mount(fsname, join(folder, `snap/${name}.${postfix}`), ['ro', 'user_xattr'])
  }

  it('of runs that are over and of snapshots that are gone go; those in use and of people stay', async () => {
    const [today, early, noon, gone] = [make(TODAY), make(EARLY), make(NOON), make(YESTERDAY)]
    mount(today, 'backup')
    mount(early, 'map')
    mount(early, 'backup')
    mount(noon, 'manual')
    mount(gone, 'manual')
    snapshots().destroy(gone, true)
    link('inprogress_backup', timestampOf(today))
    const before = targets()
    const shown = await cleanup('-o', '-D')
    expect(shown.lines.filter((line) => line.startsWith('umount')).length).toBe(3)
    expect(targets()).toEqual(before)
    const done = await cleanup('-o')
    expect(done).toMatchObject({ exitCode: 0, stderr: '' })
    expect(done.lines).toEqual([
      `unmounted ${folder}/snap/${early}.map: the run that mounted it is over`,
      `unmounted ${folder}/snap/${early}.backup: the run that mounted it is over`,
      `unmounted ${folder}/snap/${gone}.manual: its snapshot is gone`,
    ])
    expect(targets().toSorted()).toEqual(['/mnt', `/snap/${noon}.manual`, `/snap/${today}.backup`].toSorted())
    expect(readdirSync(join(folder, 'snap')).toSorted()).toEqual([`${noon}.manual`, `${today}.backup`].toSorted())
    expect(names()).toEqual([today, early, noon].toSorted())
    expect(
      snapshots()
        .list()
        .find(({ name }) => name === early)?.mounted,
    ).toBe(false)
  })

  it('stay while another run holds the lock', async () => {
    const [today, early] = [make(TODAY), make(EARLY)]
    mount(early, 'map')
    const layout = metaLayout(meta('.'))
    const lock = acquireLock('source', { layout, command: 'test', log: silentLog, nowSeconds: 1 })
    expect(await cleanup('-a0', '-d0', '-w0', '-m0', '-y0')).toMatchObject({
      exitCode: 0,
      lines: [`left ${early} alone: it is mounted here at ${folder}/snap/${early}.map`, '0 destroyed, 2 kept'],
    })
    lock.release()
    expect((await cleanup('-a0', '-d0', '-w0', '-m0', '-y0', '-D')).lines.at(-1)).toBe('1 to destroy, 1 to keep; nothing was changed')
    expect((await cleanup('-a0', '-d0', '-w0', '-m0', '-y0')).lines.at(-1)).toBe('1 destroyed, 1 kept')
    expect(names()).toEqual([today])
  })
})

it('makes the saved list and the records anew', async () => {
  const today = make(TODAY)
  mkdirSync(meta('snapshot'), { recursive: true })
  writeFileSync(meta('snapshot/77.json'), '{}')
  symlinkSync('snapshot/77.json', meta('last_snapshot'))
  expect((await cleanup('-l')).exitCode).toBe(0)
  expect(readdirSync(meta('snapshot')).toSorted()).toEqual([`${timestampOf(today)}.json`, 'list.json'].toSorted())
  expect(readlinkSync(meta('last_snapshot'))).toBe(`snapshot/${timestampOf(today)}.json`)
})
