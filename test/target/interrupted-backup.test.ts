import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { loadTargetBackup } from '@lustrebackup/core/target/target-state'
import { installPrefix } from '@lustrebackup/lustresim/site/install-prefix'
import { type CommandResult, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

/** The installed commands on a simulated site, stopped in every way that a run can be stopped. */

/** Stops before a list of data is transferred, as long as there is a file `hold`, and says so with a file `held`. */
const HOLDING_RSYNC = `#!/bin/bash
here=$(dirname "$0")
if [[ -e $here/hold && "$*" == */data-* ]]; then
    echo $$ > "$here/held.part" && mv "$here/held.part" "$here/control/held"
    while :; do read -r -t 600 < <(:) || sleep 600; done
fi
exec rsync "$@"
`

let prefix: string
let control: string
let site: Site

beforeAll(async () => {
  prefix = mkdtempSync(join(tmpdir(), 'lustrebackup-prefix-'))
  installPrefix(prefix)
  control = join(prefix, 'hold-rsync/control')
  mkdirSync(control, { recursive: true })
  const rsync = join(prefix, 'hold-rsync/rsync')
  writeFileSync(rsync, HOLDING_RSYNC)
  chmodSync(rsync, 0o755)
  site = await Site.create({ prefix, targetSettings: { BACKUP: { rsync_command: rsync } } })
  site.source.filesystem.writeFile('first', 'first')
  await newMap()
  expectDone(await site.run(site.target, 'lustrebackup_target'))
})

afterAll(async () => {
  await site?.close()
  rmSync(prefix, { recursive: true, force: true })
})

let made = 0

/** A change on the source, a snapshot and a map of it. */
async function newMap(): Promise<void> {
  made += 1
  const { filesystem } = site.source
  filesystem.mkdir(`d${made}`)
  filesystem.writeFile(`d${made}/new`, `content ${made}`)
  filesystem.rename('first', `d${made}/moved`)
  filesystem.writeFile('first', `again ${made}`)
  filesystem.flush()
  expectDone(await site.run(site.source, 'lustrebackup_snapshot_create'))
  expectDone(await site.run(site.source, 'lustrebackup_source_map'))
}

function expectDone(result: CommandResult): void {
  expect(`${result.exitCode} ${result.stderr}`).toBe('0 ')
}

async function expectEqual(): Promise<void> {
  const { differences } = await site.compare()
  expect(differences).toEqual([])
}

interface HeldRun {
  readonly child: ChildProcess
  readonly ended: Promise<{ exitCode: number | null; stderr: string }>
  /** Of the rsync that waits. */
  readonly rsyncPid: number
}

/** Starts a backup and waits until its first rsync for data is held. */
async function startHeld(): Promise<HeldRun> {
  writeFileSync(join(control, '../hold'), '')
  const held = new Promise<void>((resolve) => {
    const watcher = watch(control, () => {
      if (!existsSync(join(control, 'held'))) return
      watcher.close()
      resolve()
    })
  })
  const child = spawn(join(prefix, 'bin/lustrebackup_target'), ['-c', site.target.conf], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((resolve) =>
    child.on('close', (exitCode) => resolve({ exitCode, stderr })),
  )
  await Promise.race([held, ended.then(({ stderr }) => Promise.reject(new Error(`the run ended: ${stderr}`)))])
  const rsyncPid = Number(readFileSync(join(control, 'held'), 'utf8'))
  release()
  return { child, ended, rsyncPid }
}

function release(): void {
  rmSync(join(control, 'held'), { force: true })
  rmSync(join(control, '../hold'), { force: true })
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
}

const inProgress = () => loadTargetBackup(metaLayout(site.target.metaBasepath), 'inprogress_backup')
const locks = () => readdirSync(join(site.target.metaBasepath, 'locks'))

describe('a backup that is stopped', () => {
  beforeEach(newMap)

  it('by Ctrl-C ends its rsync, says how to go on, and goes on there', async () => {
    const { child, ended, rsyncPid } = await startHeld()
    const second = await site.run(site.target, 'lustrebackup_target')
    expect(second).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(`process ${child.pid} on`) })

    child.kill('SIGINT')
    const { exitCode, stderr } = await ended
    expect(exitCode).toBe(130)
    expect(stderr).toContain('run lustrebackup_target again')
    expect(isRunning(rsyncPid)).toBe(false)
    expect(inProgress()).toMatchObject({ phase: 'data' })

    const result = await site.run(site.target, 'lustrebackup_target', '--json')
    expect(JSON.parse(result.stdout)).toMatchObject({ outcome: 'finished', continued: true, owed: [] })
    await expectEqual()
    expect(inProgress()).toBeNull()
  })

  it('by kill -9 leaves an rsync behind, which the next run ends before it goes on', async () => {
    const { child, ended, rsyncPid } = await startHeld()
    child.kill('SIGKILL')
    await ended
    expect(isRunning(rsyncPid)).toBe(true)
    const result = await site.run(site.target, 'lustrebackup_target')
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('ending an rsync that an earlier run left behind') })
    expect(isRunning(rsyncPid)).toBe(false)
    await expectEqual()
  })

  it('by lustrebackup_target_abort is between two backups, and the next run finishes it', async () => {
    const { ended, rsyncPid } = await startHeld()
    const abort = await site.run(site.target, 'lustrebackup_target_abort')
    expect(abort).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/stopped the backup.*\n.*between/) })
    expect(await ended).toMatchObject({ exitCode: 143 })
    expect(isRunning(rsyncPid)).toBe(false)
    const between = inProgress()?.timestamp
    expect(between).toBeGreaterThan(0)
    await newMap()
    const result = await site.run(site.target, 'lustrebackup_target', '--json')
    expect(JSON.parse(result.stdout)).toMatchObject({ timestamp: between, continued: true })
    expectDone(await site.run(site.source, 'lustrebackup_source_map'))
    expectDone(await site.run(site.target, 'lustrebackup_target'))
    await expectEqual()
  })

  it('because the source cannot be reached changes nothing, and says what to do', async () => {
    const before = locks()
    const conf = readFileSync(site.target.conf, 'utf8')
    const unreachable = join(site.folder, 'unreachable.conf')
    writeFileSync(unreachable, conf.replace(/^ssh_config.*$/m, `ssh_config = ${join(site.folder, 'ssh_config')}`))
    writeFileSync(join(site.folder, 'ssh_config'), 'Host source\n  HostName 127.0.0.1\n  Port 1\n')
    const result = await site.run({ ...site.target, conf: unreachable }, 'lustrebackup_target')
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('source') })
    expect(inProgress()).toBeNull()
    expect(locks().length).toBe(before.length)
    expectDone(await site.run(site.target, 'lustrebackup_target'))
    await expectEqual()
  })

  it('not at all: a dry run shows what would be done, and does nothing', async () => {
    const plan = await site.run(site.target, 'lustrebackup_target', '--dry-run')
    expect(plan).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('not begun') })
    expect(plan.stdout).toMatch(/^data: +2$/m)
    expect(inProgress()).toBeNull()
    expectDone(await site.run(site.target, 'lustrebackup_target'))
    await expectEqual()
  })
})
