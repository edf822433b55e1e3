import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import { acquireLock } from '@lustrebackup/core/state/locks'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import type { CommandResult, Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, expectEqual, expectRefusal, openSite, prepare, succeed } from './backup-site.js'
import { changedSettings, withSettings } from './settings.js'
import { changeSmallTree, makeSmallTree } from './small-tree.js'
import { closedPort, forcedCommand, makeKnownHosts, removeAuthorizedKey, rudeServer, withSshConfig } from './ssh-variants.js'
import { expectUnchanged } from './vital-state.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
beforeAll(async () => {
  site = await openSite()
  makeSmallTree(site.source.filesystem)
  await backup(site)
  changeSmallTree(site.source.filesystem, 1)
  await prepare(site)
})
afterAll(() => site?.close())

const target = (host: Host = site.target) => expectUnchanged(site, () => site.run(host, 'lustrebackup_target'))
const sourceMap = (host: Host = site.source) => expectUnchanged(site, () => site.run(host, 'lustrebackup_source_map', '--full'))
const whatToDo = /^ {2}what to do: ./m

describe('a configuration', () => {
  it('that is missing', async () => {
    const result = await target({ ...site.target, conf: '/nowhere/lustrebackup.conf' })
    expectRefusal(
      result,
      2,
      'cannot read the configuration file /nowhere/lustrebackup.conf: ENOENT',
      /what to do: name the file with -c PATH/,
    )
  })

  it('is told all of its mistakes at once', async () => {
    const wrong = {
      LUSTRE: { fsname: 'a b', largefile_size: 'lots', nonsense: '1' },
      BACKUP: { on_changelog_gap: 'perhaps' },
      SYSTEM: { nprocs: '0' },
    }
    const result = await target(withSettings(site.target, wrong))
    expectRefusal(result, 2, `${site.target.conf}.changed cannot be used:\n`, whatToDo)
    for (const key of ['fsname = "a b"', 'largefile_size = "lots"', 'nonsense', 'on_changelog_gap = "perhaps"', 'nprocs = "0"']) {
      expect(result.stderr).toMatch(key)
    }
  })

  it('with the state inside of the tree that a backup makes like the source', async () => {
    const result = await target(withSettings(site.target, { LUSTRE: { meta_basepath: join(site.target.dataPath, 'state') } }))
    expectRefusal(result, 2, /meta_basepath = .*: must not lie inside data_path .*: a backup would remove it/, whatToDo)
  })

  it('of the source, seen from the target', async () => {
    const result = await changedSettings(site.source, { LUSTRE: { mdt: 'MDT0000, MDT0000' } }, () => target())
    expectRefusal(result, 1, 'lustrebackup_source_init on source failed with exit code 2:', 'names an MDT twice', whatToDo)
  })
})

describe('a tool that is missing', () => {
  it('liblustreapi on the source', async () => {
    const [map, backedUp] = await changedSettings(site.source, { LUSTRE: { liblustreapi: '/nowhere/liblustreapi.so.1' } }, async () => [
      await sourceMap(),
      await target(),
    ])
    for (const result of [map!, backedUp!]) expectRefusal(result, 1, '/nowhere/liblustreapi.so.1', whatToDo)
  })

  it('rsync', async () => {
    const result = await target(withSettings(site.target, { BACKUP: { rsync_command: '/nowhere/rsync' } }))
    expectRefusal(result, 1, 'cannot start /nowhere/rsync: there is no such program', whatToDo)
  })
})

describe('a second run', () => {
  const held = async (host: Host, name: string, run: () => Promise<CommandResult>) => {
    const lock = acquireLock(name, { layout: metaLayout(host.metaBasepath), command: 'an_earlier_run', log: silentLog, nowSeconds: 1 })
    return await run().finally(() => lock.release())
  }
  const named = new RegExp(`another run holds the lock (target|source): an_earlier_run, process ${process.pid} on `)

  it('of the target', async () => {
    expectRefusal(await held(site.target, 'target', target), 3, named, 'what to do: wait until it has ended')
  })

  it('of the source, and of a target that asks it', async () => {
    expectRefusal(await held(site.source, 'source', sourceMap), 3, named, whatToDo)
    expectRefusal(await held(site.source, 'source', target), 3, 'lustrebackup_source_init on source failed with exit code 3:', named)
  })
})

describe('a source that cannot be reached', () => {
  it('because nobody listens', async () => {
    const result = await target(withSshConfig(site, /Port .*/, `Port ${await closedPort()}`))
    expectRefusal(result, 1, /cannot connect to source .*: .*ECONNREFUSED/, /what to do: try "ssh source" as this user/)
  })

  it('because the other side hangs up', async () => {
    const server = await rudeServer()
    const result = await target(withSshConfig(site, /Port .*/, `Port ${server.port}`)).finally(server.close)
    expectRefusal(result, 1, 'cannot connect to source', whatToDo)
  })

  it('because its host key has changed', async () => {
    const result = await target(withSshConfig(site, /UserKnownHostsFile .*/, `UserKnownHostsFile ${makeKnownHosts(site, 'another')}`))
    expectRefusal(result, 1, /the host key of source .* is not the one that is known \(SHA256:/, /what to do: somebody may be in between/)
  })

  it('because its host key is not known', async () => {
    const result = await target(withSshConfig(site, /UserKnownHostsFile .*/, `UserKnownHostsFile ${makeKnownHosts(site, 'none')}`))
    expectRefusal(result, 1, /the host key of source .* is not known \(SHA256:/, /what to do: compare the fingerprint .*ssh-keyscan -p/)
  })

  it('because it does not accept the key', async () => {
    const putBack = removeAuthorizedKey(site)
    expectRefusal(await target().finally(putBack), 1, 'accepts none of our keys', /what to do: .*authorized_keys/)
  })
})

describe('a source that answers something else', () => {
  it('because its forced command refuses', async () => {
    const result = await target(withSettings(site.target, { SOURCE: { conf: '/etc/other.conf' } }))
    expectRefusal(result, 1, 'refused: the configuration file is not the one that this key is bound to', whatToDo)
  })

  it.each([
    [
      'another version of the protocol',
      `echo '{"protocol":2,"version":"9.9.9"}'`,
      'the source speaks protocol 2 (lustrebackup "9.9.9"), this target protocol 1',
    ],
    ['the greeting of a login script', 'echo Welcome', /reading what lustrebackup_source_init on source printed: .*Welcome/],
    [
      'that there is no such command',
      'echo sh: not found >&2; exit 127',
      /failed with exit code 127:\n.*not found\n(?:.*\n)* {2}what to do: Install lustrebackup on the source/,
    ],
  ])('%s', async (_, script, words) => {
    expectRefusal(await forcedCommand(site, script, target), 1, words, whatToDo)
  })
})

describe('a folder of the target', () => {
  it('that is another one than the last backup left', async () => {
    const data_path = join(site.target.mount, 'another')
    mkdirSync(data_path)
    const result = await target(withSettings(site.target, { LUSTRE: { data_path } }))
    expectRefusal(
      result,
      5,
      `${data_path} is not the folder that the backup of`,
      'nothing was changed',
      /what to do: Check that the right file system is mounted/,
    )
    expect(readdirSync(data_path)).toEqual([])
  })

  it('that is on another file system than the state', async () => {
    const elsewhere = mkdtempSync('/dev/shm/lustrebackup-state-')
    try {
      cpSync(site.target.metaBasepath, elsewhere, { recursive: true, verbatimSymlinks: true })
      const result = await target(withSettings(site.target, { LUSTRE: { meta_basepath: elsewhere } }))
      expectRefusal(result, 2, /is not on the same file system as .*backup/, /what to do: Set \[LUSTRE\] meta_basepath .*beside data_path/)
    } finally {
      rmSync(elsewhere, { recursive: true })
    }
  })

  it('on a file system that is not mounted: nothing is made where it should be', async () => {
    const { mount } = site.target
    const result = await unmounted(site.target, () => site.run(site.target, 'lustrebackup_target'))
    expectRefusal(result, 1, `cannot use [LUSTRE] data_mount ${mount}: nothing is mounted there`, whatToDo)
  })

  it('on a file system that is not the one of the configuration', async () => {
    const { mount } = site.source
    const paths = { data_mount: mount, data_path: join(mount, 'backup'), meta_basepath: join(mount, '.other') }
    const result = await target(withSettings(site.target, { LUSTRE: paths }))
    expectRefusal(result, 1, `${mount}: 10.0.0.1@tcp:/src is mounted there, and [LUSTRE] fsname is dst`, whatToDo)
    expect([paths.data_path, paths.meta_basepath].filter((path) => existsSync(path))).toEqual([])
  })
})

describe('a source that is not mounted', () => {
  it.each(['lustrebackup_source_map', 'lustrebackup_snapshot_create'])('%s', async (command) => {
    const result = await unmounted(site.source, () => site.run(site.source, command))
    expectRefusal(result, 1, `cannot use [LUSTRE] data_mount ${site.source.mount}: nothing is mounted there`, whatToDo)
  })

  it('and is asked by the target', async () => {
    const result = await unmounted(site.source, () => site.run(site.target, 'lustrebackup_target'))
    expectRefusal(result, 1, 'lustrebackup_source_init on source failed with exit code 1:', 'nothing is mounted there')
  })
})

/** Unmounts the file system of a host for as long as something runs, which must not write into the mount point. */
function unmounted(host: Host, run: () => Promise<CommandResult>): Promise<CommandResult> {
  return expectUnchanged(site, async () => {
    site.sim.umount(host.mount)
    const result = await run()
    const written = readdirSync(host.mount)
    site.sim.mount(host.filesystem.name, host.mount)
    expect(written).toEqual([])
    return result
  })
}

it('after all that, the next backup works as if nothing had been', async () => {
  expect(await succeed(site, site.target, 'lustrebackup_target')).toContain('incremental backup')
  await expectEqual(site)
})
