import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, expectEqual, expectRefusal, openSite, prepare, snapshot, succeed, withoutRsyncWarning } from './backup-site.js'
import { Gate } from './gate.js'
import { withSettings } from './settings.js'
import { changeSmallTree, makeSmallTree } from './small-tree.js'
import { removeAuthorizedKey } from './ssh-variants.js'
import { changelogsOf, expectUnchanged } from './vital-state.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
let round = 0
let gate: Gate | null = null
beforeAll(async () => {
  site = await openSite()
  makeSmallTree(site.source.filesystem)
  await backup(site)
})
afterAll(() => site?.close())
afterEach(() => {
  gate?.close()
  gate = null
})

/** A target whose rsync waits in the phase that brings content. */
async function waitingInData(wait: 'before' | 'after'): Promise<Host> {
  const folder = join(site.folder, 'gate')
  gate = await Gate.create({ folder, program: 'rsync', real: '/usr/bin/rsync', when: '*--inplace*', wait })
  return withSettings(site.target, { BACKUP: { rsync_command: gate.program } })
}

/** Something to back up. Gives the timestamp. */
async function somethingNew(): Promise<number> {
  round += 1
  changeSmallTree(site.source.filesystem, round)
  return await prepare(site)
}

/** Starts a backup that waits in the phase that brings content, and gives it when it waits there. */
async function startAndWait(wait: 'before' | 'after') {
  const host = await waitingInData(wait)
  const running = site.start(host, 'lustrebackup_target')
  await gate!.reached(running)
  return running
}

const lastBackup = (host: Host) => Number(/(\d+)\.json$/.exec(readlinkSync(join(host.metaBasepath, 'last_backup')))![1])
const inProgress = () => JSON.parse(readFileSync(join(site.target.metaBasepath, 'inprogress_backup'), 'utf8'))
const sourceMounts = () => site.sim.mounts().filter(({ target }) => target.startsWith(site.source.snapshotHome))

const KEEP_NONE = ['-a0', '-d0', '-w0', '-m0', '-y0']

/** Rules that keep nothing, with a newer snapshot beside those that the target needs. */
async function expectCleanupSpares(needed: readonly number[]): Promise<void> {
  const newest = await snapshot(site)
  await succeed(site, site.source, 'lustrebackup_snapshot_cleanup', ...KEEP_NONE)
  const left = site.source.filesystem.snapshots.list().map(({ name }) => name)
  expect(left.toSorted()).toEqual([...needed, newest].map((each) => `src-backup-${each}`).toSorted())
}

/** The next run finishes what the one before began, by itself. */
async function expectContinued(timestamp: number): Promise<void> {
  const continued = await site.run(site.target, 'lustrebackup_target')
  expect(continued).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`backup of src-backup-${timestamp} finished (continued)`),
  })
  await expectEqual(site)
  expect([lastBackup(site.source), lastBackup(site.target)]).toEqual([timestamp, timestamp])
  expect(sourceMounts()).toEqual([])
}

describe('a backup that is interrupted in the middle of its data', () => {
  it.each(['before', 'after'] as const)('by SIGKILL %s rsync has done its work is finished by the next run', async (wait) => {
    const timestamp = await somethingNew()
    const last = lastBackup(site.source)
    const running = await startAndWait(wait)
    process.kill(running.pid, 'SIGKILL')
    expect(await running.result).toMatchObject({ exitCode: null, stdout: '' })
    expect(inProgress()).toMatchObject({ timestamp, phase: 'data' })
    expect(lastBackup(site.source)).toBe(last)
    await expectContinued(timestamp)
  })

  it('by Ctrl-C says so, and is finished by the next run', async () => {
    const timestamp = await somethingNew()
    const running = await startAndWait('before')
    process.kill(running.pid, 'SIGINT')
    const result = await running.result
    expect(result).toMatchObject({ exitCode: 130, stdout: '' })
    expect(withoutRsyncWarning(result.stderr)).toMatch(
      /run lustrebackup_target again to continue.*\nlustrebackup_target: stopped by SIGINT\n$/,
    )
    expect(inProgress()).toMatchObject({ timestamp, phase: 'data' })
    await expectContinued(timestamp)
  })

  it('by a connection that breaks says why, and is finished by the next run', async () => {
    const timestamp = await somethingNew()
    const slow = await waitingInData('before')
    const running = site.start(slow, 'lustrebackup_target')
    await gate!.reached(running)
    const putBack = removeAuthorizedKey(site)
    site.sshd.dropConnections()
    gate!.open()
    const result = await running.result.finally(putBack)
    expectRefusal(result, 1, /transferring data from source:.*Permission denied/, /^ {2}what to do: ./m)
    expect(inProgress()).toMatchObject({ timestamp, phase: 'data' })
    await expectContinued(timestamp)
  })
})

describe('lustrebackup_target_abort', () => {
  it('stops a running backup, frees the source, and keeps what the next run needs, whatever the retention says', async () => {
    const base = lastBackup(site.source)
    const timestamp = await somethingNew()
    const running = await startAndWait('before')
    const printed = await succeed(site, site.target, 'lustrebackup_target_abort')
    expect(printed).toContain(`stopped the backup (process ${running.pid})\n`)
    expect(printed).toMatch(new RegExp(`the target is between \\d+ and src-backup-${timestamp} \\(data\\): the next run finishes it`))
    expect(await running.result).toMatchObject({ exitCode: 143, stdout: '' })
    expect(sourceMounts()).toEqual([])
    const refused = await site.run(site.source, 'lustrebackup_snapshot_destroy', '-n', `src-backup-${timestamp}`)
    expectRefusal(refused, 1, 'the target may be on its way to it')
    await expectCleanupSpares([base, timestamp])
    const again = await expectUnchanged(site, () => succeed(site, site.target, 'lustrebackup_target_abort', '--json'))
    expect(JSON.parse(again)).toEqual({ stopped: null, between: { timestamp, phase: 'data' } })
    await expectContinued(timestamp)
  })

  it('changes nothing when there is nothing to stop', async () => {
    const printed = await expectUnchanged(site, () => succeed(site, site.target, 'lustrebackup_target_abort'))
    expect(printed).toBe('no backup was running\n')
  })
})

describe('lustrebackup_source_abort', () => {
  it('gives a backup up that the target has not begun; it is offered again', async () => {
    const timestamp = await somethingNew()
    const last = lastBackup(site.source)
    const init = JSON.parse(await succeed(site, site.source, 'lustrebackup_source_init'))
    expect(init).toMatchObject({ lastBackup: last, backup: { timestamp, resumed: false } })
    expect(JSON.parse(await succeed(site, site.source, 'lustrebackup_source_init'))).toEqual({
      ...init,
      backup: { ...init.backup, resumed: true },
    })
    expect(sourceMounts()).toHaveLength(1)
    expect(await succeed(site, site.source, 'lustrebackup_source_abort')).toContain(`Backup ${timestamp} was given up.`)
    expect(sourceMounts()).toEqual([])
    expect(lastBackup(site.source)).toBe(last)
    expect(await succeed(site, site.source, 'lustrebackup_source_abort')).toBe('No backup is in progress.\n')
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })
})

describe('a backup of which the source cannot be told', () => {
  it('is finished all the same, and told by the next run before anything else', async () => {
    const timestamp = await somethingNew()
    const [last, changelogs] = [lastBackup(site.source), changelogsOf(site)]
    const program = 'lctl_snapshot_create.sh'
    const folder = join(site.folder, 'gate')
    gate = await Gate.create({ folder, program, real: join(site.sim.bin, program), when: '*', wait: 'after' })
    const path = `${folder}:${site.sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`
    const running = site.start(
      withSettings(site.target, { SYSTEM: { command_path: path }, BACKUP: { rsync_command: '/usr/bin/rsync' } }),
      'lustrebackup_target',
    )
    await gate.reached(running)
    const putBack = removeAuthorizedKey(site)
    site.sshd.dropConnections()
    gate.open()
    const result = await running.result
    expectRefusal(
      result,
      1,
      `the backup of src-backup-${timestamp} is finished and safe here, but the source could not be told: `,
      /what to do: The next run tells it first/,
    )
    await expectEqual(site)
    expect([lastBackup(site.source), lastBackup(site.target)]).toEqual([last, timestamp])
    expect(changelogsOf(site)).toEqual(changelogs)
    // Still away: the same again, and nothing else is looked at.
    expectRefusal(await expectUnchanged(site, () => site.run(site.target, 'lustrebackup_target')), 1, 'is finished and safe here')
    putBack()
    expect(await succeed(site, site.target, 'lustrebackup_target')).toContain(
      `nothing to do: the source has no snapshot newer than the last backup, ${timestamp}`,
    )
    expect(lastBackup(site.source)).toBe(timestamp)
    expect(changelogsOf(site)).not.toEqual(changelogs)
    expect(existsSync(join(site.source.metaBasepath, 'inprogress_backup'))).toBe(false)
    expect(sourceMounts()).toEqual([])
  })
})

it('after all that, the next backup works as if nothing had been', async () => {
  round += 1
  changeSmallTree(site.source.filesystem, round)
  await backup(site)
})
