import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expectEqual, expectRefusal, openSite, prepare, snapshot, succeed } from './backup-site.js'
import { Program } from './program.js'
import { withSettings } from './settings.js'
import { changeSmallTree, makeSmallTree } from './small-tree.js'
import { expectUnchanged } from './vital-state.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
beforeAll(async () => {
  site = await openSite()
  makeSmallTree(site.source.filesystem)
})
afterAll(() => site?.close())

const run = (host: Host, command: string, ...args: readonly string[]) =>
  expectUnchanged(site, () => site.run(host, `lustrebackup_${command}`, ...args))
const target = (host: Host = site.target) => run(host, 'target')
const mapFolder = (timestamp: number) => join(site.source.metaBasepath, 'backupmap', String(timestamp))
const whatToDo = /^ {2}what to do: ./m

/** So much text that its map does not come with the answer of the source. */
function makeLongNames(filesystem: SimFilesystem): void {
  const folders = Array.from({ length: 14 }, (_, depth) => `${depth}`.padStart(250, 'n'))
  for (const depth of folders.keys()) filesystem.mkdir(folders.slice(0, depth + 1).join('/'))
  for (let file = 0; file < 320; file += 1) filesystem.writeFile(`${folders.join('/')}/file${file}`, 'content')
}

/** In their order: each test goes on where the one before has ended. */
describe('without a snapshot', () => {
  it('there is no map to make, and nothing to back up', async () => {
    expectRefusal(await run(site.source, 'source_map'), 1, 'the MGS knows no snapshot made by lustrebackup of src', whatToDo)
    expect(await target()).toMatchObject({ exitCode: 0, stdout: 'nothing to do: the source has no snapshot\n' })
  })

  it('with the timestamp that was asked for, neither', async () => {
    expectRefusal(await run(site.source, 'source_map', '--snapshot=1000'), 1, 'knows no snapshot with timestamp 1000 of src', whatToDo)
  })
})

describe('a snapshot without a map', () => {
  it('is an error, not nothing to do', async () => {
    const first = await snapshot(site)
    expectRefusal(
      await target(),
      1,
      `the snapshot src-backup-${first} waits to be backed up, but it has no backupmap`,
      /make it .*lustrebackup_source_map/,
    )
    await succeed(site, site.source, 'lustrebackup_source_map')
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
    changeSmallTree(site.source.filesystem, 1)
    makeLongNames(site.source.filesystem)
    const second = await snapshot(site)
    expectRefusal(await target(), 1, `the snapshot src-backup-${second} waits to be backed up`, whatToDo)
  })
})

describe('a map that is damaged', () => {
  it('on the way is not used, and fetched again by the next run', async () => {
    await succeed(site, site.source, 'lustrebackup_source_map')
    for (const [list, damage] of [
      ['header.list', 'for part in *.ndjson; do truncate -s -1 "$part"; done'],
      ['header.list', 'rm *.ndjson'],
      ['header.list', 'echo >> header.json'],
    ] as const) {
      const rsync = new Program(site.folder, 'damaging', [
        '/usr/bin/rsync "$@"',
        'for folder; do :; done',
        `case "$*" in *${list}*) cd "$folder" && ${damage} ;; esac`,
      ])
      const result = await target(withSettings(site.target, { BACKUP: { rsync_command: rsync.path } }))
      expectRefusal(result, 1, 'checking the backupmap', /what to do: .*run the backup again/)
    }
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })

  it('on the source is not used, and is made again when the backup has been given up', async () => {
    changeSmallTree(site.source.filesystem, 2)
    const timestamp = await prepare(site)
    const parts = readdirSync(mapFolder(timestamp)).filter((name) => name.startsWith('data'))
    expect(parts).not.toEqual([])
    for (const part of parts) flipByte(join(mapFolder(timestamp), part))
    expectRefusal(await target(), 1, /checking the backupmap: .* is not what its header says/, /what to do: .*lustrebackup_source_map/)
    expectRefusal(await run(site.source, 'source_map'), 1, 'its map cannot be replaced', /what to do: .*lustrebackup_target_abort/)
    expect(await succeed(site, site.target, 'lustrebackup_target_abort')).toBe('no backup was running\n')
    const again = await site.run(site.source, 'lustrebackup_source_map')
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Incremental map from') })
    expect(again.stderr).toContain('damaged')
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })

  it('in its header counts as none', async () => {
    changeSmallTree(site.source.filesystem, 3)
    const timestamp = await prepare(site)
    const header = join(mapFolder(timestamp), 'header.json')
    writeFileSync(header, readFileSync(header, 'utf8').slice(0, -20))
    expectRefusal(await target(), 1, 'has no backupmap', whatToDo)
    expect(await succeed(site, site.source, 'lustrebackup_source_map')).toContain('Incremental map from')
    await succeed(site, site.target, 'lustrebackup_target')
    await expectEqual(site)
  })
})

describe('a map with another base', () => {
  it('than the last backup of the target needs a full one', async () => {
    changeSmallTree(site.source.filesystem, 4)
    const timestamp = await prepare(site)
    const forgetful = withSettings(site.target, { LUSTRE: { meta_basepath: join(site.target.mount, '.new') } })
    const result = await target(forgetful)
    expectRefusal(result, 5, /the map starts from the backup of 1\d+, the target holds no finished backup; nothing was changed/)
    expect(result.stderr).toMatch(/what to do: .*Make a full map on the source with lustrebackup_source_map --full/)
    expect(existsSync(join(site.target.metaBasepath, '..', '.new', 'last_backup'))).toBe(false)
    await succeed(site, site.target, 'lustrebackup_target_abort')
    await succeed(site, site.source, 'lustrebackup_source_map', '--full')
    const full = await site.run(forgetful, 'lustrebackup_target')
    expect(full).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`full backup of src-backup-${timestamp} finished`) })
    await expectEqual(site)
  })
})

it('after all that, the next backup works as if nothing had been', async () => {
  const forgetful = withSettings(site.target, { LUSTRE: { meta_basepath: join(site.target.mount, '.new') } })
  changeSmallTree(site.source.filesystem, 5)
  await prepare(site)
  expect(await succeed(site, forgetful, 'lustrebackup_target')).toContain('incremental backup')
  await expectEqual(site)
})

function flipByte(file: string): void {
  const bytes = readFileSync(file)
  bytes[10] = bytes[10]! ^ 1
  writeFileSync(file, bytes)
}
