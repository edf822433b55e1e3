import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lustresim, NID } from '@lustrebackup/lustresim/sim'
import { runCommand } from '@lustrebackup/lustresim/site/site'
import { startSshd, type TestSshd } from '@lustrebackup/lustresim/site/sshd'
import { type ShimServer, startShimServer } from '@lustrebackup/lustresim/start-shim-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { installedPrefix } from '../backup/installed-prefix.js'

let folder: string
let sim: Lustresim
let shims: ShimServer
let prefix: string
beforeAll(async () => {
  prefix = installedPrefix()
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-snapshot-'))
  sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src', mdts: 2, osts: 2 }] })
  shims = await startShimServer(sim.paths.root)
  sim.mount('src', join(folder, 'mnt'))
  sim.fs('src').flush()
  writeConf('local.conf', {})
})
afterAll(async () => {
  await shims.close()
  sim.destroy()
  rmSync(folder, { recursive: true })
})
beforeEach(() => sim.setFaults({}))

interface Conf {
  readonly mgs?: string
  readonly commands?: string
  readonly sshConfig?: string
  readonly more?: string
  /** Programs that come before those of the simulator. */
  readonly bin?: string
}

function writeConf(name: string, { mgs = '', commands = 'lctl', sshConfig = '', more = '', bin = '' }: Conf): string {
  const lines = [
    `[GLOBAL]\nlogdir = ${folder}/log`,
    `[LUSTRE]\nfsname = src\nnid = ${NID}\nmgs = ${mgs}\nmgs_commands = ${commands}\nmdt = MDT0000,MDT0001`,
    `data_mount = ${folder}/mnt\nmeta_basepath = ${folder}/mnt/.lustrebackup\nsnapshot_home = ${folder}/snap\nsnapshot_create_retries = 0`,
    `[SYSTEM]\nssh_config = ${sshConfig}\ncommand_path = ${bin === '' ? '' : `${bin}:`}${sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
    more,
  ]
  writeFileSync(join(folder, name), lines.join('\n'))
  return join(folder, name)
}

async function run(action: string, ...args: readonly string[]) {
  const conf = args[0] === '-c' ? [] : ['-c', join(folder, 'local.conf')]
  const { exitCode, stdout, stderr } = await runCommand(join(prefix, 'bin', `lustrebackup_snapshot_${action}`), [...conf, ...args])
  return { exitCode, stdout, stderr }
}

async function created(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run('create', ...args)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return stdout.trim()
}

const meta = (path: string) => join(folder, 'mnt/.lustrebackup', path)
const listed = async (...args: readonly string[]) =>
  JSON.parse((await run('list', '--json', ...args)).stdout) as {
    name: string
    timestamp: number
    comment: string | null
    mounted: boolean
  }[]

describe('create and list', () => {
  it('makes a snapshot, records it as the last one, and caches the list', async () => {
    const name = await created('-d', 'before the upgrade, 50 %')
    const timestamp = /^src-backup-(\d+)$/.exec(name)![1]!
    expect((await listed()).find((snapshot) => snapshot.name === name)).toMatchObject({
      timestamp: Number(timestamp),
      comment: 'before the upgrade, 50 %',
      mounted: false,
    })
    expect(readlinkSync(meta('last_snapshot'))).toBe(`snapshot/${timestamp}.json`)
    expect(JSON.parse(readFileSync(meta('last_snapshot'), 'utf8'))).toMatchObject({ format: 'lustrebackup-snapshot', version: 1, name })
    expect((await run('list', '-t', timestamp)).stdout).toMatch(
      new RegExp(`^filesystem_name: src\nsnapshot_name: ${name}\ntimestamp: ${timestamp}\n`),
    )
  })

  it('asks the MGS again with -r only', async () => {
    await created('-n', 'cached')
    sim.fs('src').snapshots.create('behind-our-back')
    expect((await run('list', '-n', 'behind-our-back')).exitCode).toBe(1)
    expect((await run('list', '-r', '-n', 'behind-our-back')).exitCode).toBe(0)
    expect((await run('list', '-n', 'behind-our-back')).exitCode).toBe(0)
  })

  it('tells a name that is taken, a barrier that expires, and a list that fails', async () => {
    await created('-n', 'taken')
    expect(await run('create', '-n', 'taken')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('The snapshot taken exists') })
    sim.setFaults({ barrier_expiries: 1 })
    expect(await run('create', '-n', 'late')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('frozen long enough') })
    sim.setFaults({ lctl_failures: { snapshot_list: 1 } })
    expect(await run('list', '-r')).toMatchObject({ exitCode: 1, stdout: '' })
  })

  it('that lctl makes before it dies is no snapshot to be relied on: it is destroyed', async () => {
    const bin = join(folder, 'dying')
    mkdirSync(bin)
    const script = `#!/bin/sh\n${sim.bin}/lctl "$@" || exit\ncase "$1" in snapshot_create) kill -9 $$ ;; esac\n`
    writeFileSync(join(bin, 'lctl'), script, { mode: 0o755 })
    const conf = writeConf('dying.conf', { bin })
    const before = (await listed('-r')).length
    expect(await run('create', '-c', conf)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/killed by SIGKILL; .* was destroyed again$/m),
    })
    expect(await listed('-r')).toHaveLength(before)
  })

  it('destroys a snapshot that lacks a piece', async () => {
    sim.setFaults({ missing_pieces: ['OST0001'] })
    expect(await run('create', '-n', 'half')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('the snapshot half lacks OST0001'),
    })
    expect((await listed('-r')).map(({ name }) => name)).not.toContain('half')
  })

  it('uses the wrapper of the MGS where the configuration says so', async () => {
    const conf = writeConf('wrapper.conf', { commands: 'wrapper' })
    expect(await created('-c', conf, '-n', 'wrapped', '-d', 'a b')).toBe('wrapped')
    expect((await listed()).find(({ name }) => name === 'wrapped')).toMatchObject({ comment: 'a b' })
  })
})

describe('mount and umount', () => {
  it('prints the mount point, and a second mount there changes nothing', async () => {
    writeFileSync(join(folder, 'mnt/then'), '')
    sim.fs('src').reconcile()
    await created('-n', 'm1')
    const first = await run('mount', '-n', 'm1')
    expect(first).toEqual({ exitCode: 0, stdout: `${folder}/snap/m1.manual\n`, stderr: '' })
    expect(readdirSync(first.stdout.trim())).toContain('then')
    expect(await run('mount', '-n', 'm1')).toEqual(first)
    expect((await listed('-r', '-n', 'm1'))[0]?.mounted).toBe(true)
    expect(sim.mounts().find(({ target }) => target.endsWith('m1.manual'))?.options).toMatch(/ro.*user_xattr/)
  })

  it('leaves the servers alone until the last postfix is gone', async () => {
    await created('-n', 'm2')
    await run('mount', '-n', 'm2', '-p', 'a')
    await run('mount', '-n', 'm2', '-p', 'b')
    expect(await run('umount', '-n', 'm2', '-p', 'a')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect(existsSync(join(folder, 'snap/m2.a'))).toBe(false)
    expect((await listed('-r', '-n', 'm2'))[0]?.mounted).toBe(true)
    await run('umount', '-n', 'm2', '-p', 'b')
    expect((await listed('-r', '-n', 'm2'))[0]?.mounted).toBe(false)
    expect((await run('umount', '-n', 'm2', '-p', 'b')).exitCode).toBe(0)
  })

  it('takes several timestamps, and the newest without any', async () => {
    const newest = await created()
    const timestamp = newest.replace(/.*-/, '')
    const mounted = JSON.parse((await run('mount', '--json', timestamp)).stdout) as unknown
    expect(mounted).toEqual([{ name: newest, timestamp: Number(timestamp), mountPoint: `${folder}/snap/${newest}.manual` }])
    expect((await run('umount')).exitCode).toBe(0)
    expect(sim.mounts().map(({ target }) => target)).not.toContain(`${folder}/snap/${newest}.manual`)
  })

  it('refuses what else is mounted there, or is mounted without user xattrs', async () => {
    await created('-n', 'm3')
    sim.fs('src').snapshots.mount('m3')
    const { fsname } = sim
      .fs('src')
      .snapshots.list()
      .find(({ name }) => name === 'm3')!
    sim.mount(fsname, join(folder, 'snap/m3.manual'), ['ro'])
    expect(await run('mount', '-n', 'm3')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('mounted without user_xattr') })
    sim.umount(join(folder, 'snap/m3.manual'))
    sim.mount('src', join(folder, 'snap/m3.manual'))
    expect(await run('mount', '-n', 'm3')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`but ${NID}:/src is mounted there`),
    })
    expect(await run('umount', '-n', 'm3')).toMatchObject({ exitCode: 1 })
    sim.umount(join(folder, 'snap/m3.manual'))
  })

  it('tells a snapshot that the servers cannot mount', async () => {
    await created('-n', 'm4')
    sim.setFaults({ mount_failures: ['m4'] })
    expect(await run('mount', '-n', 'm4')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('m4 on the servers') })
    expect(await run('mount', '-n', 'nowhere')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('knows no snapshot named nowhere'),
    })
  })
})

describe('destroy', () => {
  it('refuses what is needed, unless forced', async () => {
    const base = await created()
    const timestamp = base.replace(/.*-/, '')
    const refused = await run('destroy', '-t', timestamp)
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('it is the newest snapshot') })
    mkdirSync(meta('backup'), { recursive: true })
    symlinkSync(`backup/${timestamp}.json`, meta('last_backup'))
    expect((await run('destroy', '-t', timestamp)).stderr).toContain('it is the base of the next backup')
    rmSync(meta('last_backup'))
    expect(await run('destroy', '-t', timestamp, '-f')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
    expect((await listed()).map(({ name }) => name)).not.toContain(base)
    expect(existsSync(meta(`snapshot/${timestamp}.json`))).toBe(false)
  })

  it('unmounts one that is mounted here only when forced', async () => {
    await created('-n', 'd1')
    await run('mount', '-n', 'd1')
    expect((await run('destroy', '-n', 'd1')).exitCode).toBe(1)
    expect((await run('destroy', '-n', 'd1', '-f')).exitCode).toBe(0)
    expect(existsSync(join(folder, 'snap/d1.manual'))).toBe(false)
  })

  it('wants to know which', async () => {
    expect(await run('destroy')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('which snapshot') })
    expect((await run('destroy', '-n', 'a', '-t', '1')).exitCode).toBe(2)
  })
})

describe('an MGS on another host', () => {
  let sshd: TestSshd
  beforeAll(async () => {
    const path = `PATH=${sim.bin}:/usr/bin:/bin`
    sshd = await startSshd({ forcedCommand: `${path}; export PATH; eval $SSH_ORIGINAL_COMMAND` })
  })
  afterAll(() => sshd.close())

  it('is reached over ssh, with comments that hold blanks', async () => {
    const conf = writeConf('ssh.conf', { mgs: 'mgs', commands: 'wrapper', sshConfig: sshd.clientConfigFile })
    expect(await created('-c', conf, '-n', 'far', '-d', 'source_fsname: src, (a; b) && c')).toBe('far')
    expect((await listed()).find(({ name }) => name === 'far')).toMatchObject({ comment: 'source_fsname: src, (a; b) && c' })
    expect((await run('mount', '-c', conf, '-n', 'far')).stdout).toBe(`${folder}/snap/far.manual\n`)
    expect((await run('umount', '-c', conf, '-n', 'far')).exitCode).toBe(0)
    expect((await run('destroy', '-c', conf, '-n', 'far', '-f')).exitCode).toBe(0)
  })

  it('whose key is not known is refused', async () => {
    const other = `${sshd.clientConfigFile}-other`
    writeFileSync(other, `Host *\n UserKnownHostsFile /dev/null\n${readFileSync(sshd.clientConfigFile, 'utf8')}`)
    const conf = writeConf('unknown.conf', { mgs: 'mgs1:mgs2', sshConfig: other })
    expect(await run('list', '-r', '-c', conf)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the host key of') })
  })
})
