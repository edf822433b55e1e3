import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, expectEqual, expectRefusal, openSite, prepare, snapshot, succeed } from './backup-site.js'
import { Gate } from './gate.js'
import { changedSettings } from './settings.js'
import { changeSmallTree, makeSmallTree } from './small-tree.js'
import { changelogsOf, expectUnchanged } from './vital-state.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
beforeAll(async () => {
  site = await openSite({ sourceSettings: { LUSTRE: { snapshot_create_retries: '0' } } })
  makeSmallTree(site.source.filesystem)
  await backup(site)
  changeSmallTree(site.source.filesystem, 1)
})
afterAll(() => site?.close())
afterEach(() => site.sim.setFaults({}))

const run = (host: Host, command: string, ...args: readonly string[]) =>
  expectUnchanged(site, () => site.run(host, `lustrebackup_${command}`, ...args))
const mountPoints = () => readdirSync(site.source.snapshotHome)
const whatToDo = /^ {2}what to do: ./m

/** In their order: each test goes on where the one before has ended. */
describe('a snapshot that cannot be made', () => {
  it('because the file system cannot be frozen', async () => {
    site.sim.setFaults({ barrier_expiries: 1 })
    expectRefusal(
      await run(site.source, 'snapshot_create', '-n', 'src-backup-1'),
      1,
      'cannot create the snapshot src-backup-1',
      /what to do: the file system could not be frozen/,
    )
  })

  it('whole, because the MGS does not know all targets, is destroyed again', async () => {
    site.sim.setFaults({ missing_pieces: ['OST0001'] })
    expectRefusal(
      await run(site.source, 'snapshot_create', '-n', 'src-backup-1'),
      1,
      'lacks OST0001 and was destroyed again',
      /what to do: compare \/etc\/ldev.conf/,
    )
  })
})

describe('snapshots that cannot be listed', () => {
  it('stop the map, and the backup', async () => {
    site.sim.setFaults({ lctl_failures: { snapshot_list: 5 } })
    expectRefusal(await run(site.source, 'source_map'), 1, 'cannot list the snapshots of src')
    expectRefusal(await run(site.target, 'target'), 1, 'cannot list the snapshots of src', whatToDo)
  })
})

describe('a snapshot that cannot be mounted', () => {
  it('stops the map', async () => {
    const timestamp = await snapshot(site)
    site.sim.setFaults({ mount_failures: ['*'] })
    const result = await run(site.source, 'source_map')
    expectRefusal(result, 1, `cannot mount the snapshot src-backup-${timestamp} on the servers: `, 'Input/output error', whatToDo)
    expect(mountPoints()).toEqual([])
    expect(readdirSync(join(site.source.metaBasepath, 'tmp'))).toEqual([])
  })

  it('stops the backup', async () => {
    await succeed(site, site.source, 'lustrebackup_source_map')
    site.sim.setFaults({ mount_failures: ['*'] })
    expectRefusal(await run(site.target, 'target'), 1, /cannot mount the snapshot src-backup-\d+ on the servers/, whatToDo)
    expect(mountPoints()).toEqual([])
    site.sim.setFaults({})
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })

  it('because the mount hangs: the run can be stopped, and leaves nothing', async () => {
    changeSmallTree(site.source.filesystem, 2)
    const timestamp = await snapshot(site)
    const folder = join(site.folder, 'hanging')
    const gate = await Gate.create({ folder, program: 'mount', real: join(site.sim.bin, 'mount'), when: '*lustre*', wait: 'before' })
    const path = `${folder}:${site.sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`
    const result = await changedSettings(site.source, { SYSTEM: { command_path: path } }, () =>
      expectUnchanged(site, async () => {
        const running = site.start(site.source, 'lustrebackup_source_map')
        await gate.reached(running)
        process.kill(running.pid, 'SIGTERM')
        return await running.result
      }),
    )
    gate.close()
    expect(result).toMatchObject({ exitCode: 143, stdout: '', stderr: 'lustrebackup_source_map: stopped by SIGTERM\n' })
    expect(mountPoints()).toEqual([])
    const { mounted } = site.source.filesystem.snapshots.list().find(({ name }) => name === `src-backup-${timestamp}`)!
    expect(mounted).toBe(false)
    await succeed(site, site.source, 'lustrebackup_source_map')
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })
})

describe('a gap in the changelog', () => {
  it('makes an incremental map impossible', async () => {
    const { filesystem } = site.source
    changeSmallTree(filesystem, 3)
    filesystem.flush()
    filesystem.loseRecords(1, changelogsOf(site)[1]!.first + 1)
    await snapshot(site)
    const result = await run(site.source, 'source_map')
    expectRefusal(result, 5, /an incremental map of src-backup-\d+ is impossible: the changelog of MDT0001 .* records are lost/)
    expect(result.stderr).toMatch(/what to do: Make a full map: lustrebackup_source_map --full/)
    expectRefusal(await run(site.target, 'target'), 1, 'has no backupmap', whatToDo)
  })

  it('is bridged by a full map where that is configured', async () => {
    const printed = await changedSettings(site.source, { BACKUP: { on_changelog_gap: 'full' } }, () =>
      succeed(site, site.source, 'lustrebackup_source_map'),
    )
    expect(printed).toMatch(/^A full map, because the changelog of MDT0001 .* records are lost/)
    expect(await succeed(site, site.target, 'lustrebackup_target')).toContain('full backup')
    await expectEqual(site)
    changeSmallTree(site.source.filesystem, 4)
    await prepare(site)
    expect(await succeed(site, site.target, 'lustrebackup_target')).toContain('incremental backup')
    await expectEqual(site)
  })
})

describe('a changelog user that is gone', () => {
  it('is noticed, and a full map helps as soon as there is one again', async () => {
    const { filesystem } = site.source
    filesystem.deregisterChangelog('cl1')
    changeSmallTree(filesystem, 5)
    filesystem.flush()
    const created = await site.run(site.source, 'lustrebackup_snapshot_create', '-n', 'src-backup-1100000000')
    expect(created).toMatchObject({ exitCode: 0, stdout: 'src-backup-1100000000\n' })
    expect(created.stderr).toMatch(/the changelog user cl1 is not registered on MDT0000/)
    const refused = await run(site.source, 'source_map')
    expectRefusal(
      refused,
      5,
      'an incremental map of src-backup-1100000000 is impossible',
      /what to do: .*changelog user is registered on every MDT/,
    )
    expect(filesystem.registerChangelog()).toBe('cl2')
    filesystem.flush()
    await changedSettings(site.source, { LUSTRE: { changelog_user: 'cl2' } }, async () => {
      await site.run(site.source, 'lustrebackup_source_map', '--full')
      await succeed(site, site.target, 'lustrebackup_target')
      await expectEqual(site)
    })
  })
})
