import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import type { MapMdt } from '@lustrebackup/core/backupmap/backupmap-types'
import type { MapResult } from '@lustrebackup/core/backupmap/map-request-types'
import { EXIT } from '@lustrebackup/core/errors/errors'
import { runSourceDone } from '@lustrebackup/core/source/source-done-run'
import { afterEach, describe, expect, it } from 'vitest'
import { SourceSite, type SourceSiteOptions } from './source-site.js'

let site: SourceSite

function open(options: SourceSiteOptions = {}): SourceSite {
  site = new SourceSite(options)
  return site
}

afterEach(() => site.close())

const mounts = () => site.sim.mounts().map(({ target }) => target.slice(target.lastIndexOf('/') + 1))
const link = (name: 'last_backup' | 'last_backupmap' | 'inprogress_backup' | 'between_backup') =>
  existsSync(site.layout.link(name)) ? readlinkSync(site.layout.link(name)) : null
const firstRecords = () => site.config.lustre.mdts.map((_, index) => site.fs.records(index)[0]?.index ?? null)

describe('source_map', () => {
  it('says when there is no snapshot, no newer one, and when the map exists', async () => {
    open()
    await expect(site.map()).rejects.toThrow('the MGS knows no snapshot made by lustrebackup of src')
    const timestamp = site.snapshot()
    expect(await site.map()).toMatchObject({ kind: 'made' })
    expect(await site.map()).toMatchObject({ kind: 'exists', header: { kind: 'full' } })
    await site.init()
    await site.done(timestamp)
    expect(await site.map()).toEqual({ kind: 'nothing-newer', lastBackup: timestamp })
    await expect(site.map({ snapshot: timestamp })).rejects.toMatchObject({ code: 'SNAPSHOT_TOO_OLD', exitCode: EXIT.usage })
    await expect(site.map({ snapshot: 5 })).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' })
  })

  it('leaves nothing mounted and nothing behind, dry or not', async () => {
    open()
    const timestamp = site.snapshot()
    expect(await site.map({ dryRun: true })).toMatchObject({ kind: 'made', folder: null, header: { kind: 'full' } })
    expect(link('last_backupmap')).toBe(null)
    expect(readdirSync(site.layout.folder('backupmap'))).toEqual([])
    await site.map()
    expect(link('last_backupmap')).toBe(`backupmap/${timestamp}`)
    expect(readdirSync(site.layout.folder('tmp'))).toEqual([])
    expect(mounts()).toEqual(['mnt'])
  })

  it('is made anew when S0 has become another one', async () => {
    const { fs } = open()
    await site.backup()
    fs.writeFile('a', '1')
    const second = site.snapshot()
    await site.map()
    fs.writeFile('b', '1')
    const third = site.snapshot()
    await site.map()
    expect((await site.init()).backup?.timestamp).toBe(third)
    await site.done(third)
    expect(second).toBeLessThan(third)
    fs.writeFile('c', '1')
    site.snapshot()
    await site.map()
    const fourth = site.snapshot()
    const { backup } = await site.init()
    expect(backup!.timestamp).toBeLessThan(fourth)
    expect((await site.show(backup!.timestamp)).header.base?.timestamp).toBe(third)
  })

  it('asks for a full map when records are missing', async () => {
    const { fs } = open()
    const first = await site.backup()
    fs.writeFile('a', '1')
    const missing = first.header.mdts[0]!.endRecno + 1n
    fs.loseRecords(0, Number(missing))
    site.snapshot()
    const refusal = site.map()
    await expect(refusal).rejects.toMatchObject({ code: 'INCREMENTAL_IMPOSSIBLE', exitCode: EXIT.fullMapNeeded })
    await expect(refusal).rejects.toThrow(`but the last backup ended with ${missing - 1n}: records are lost`)
    expect(mounts()).toEqual(['mnt'])
    expect(await site.map({ full: true })).toMatchObject({ kind: 'made', header: { kind: 'full' } })
  })

  it('makes a full map by itself where the configuration says so', async () => {
    const { fs } = open({ backup: { onChangelogGap: 'full' } })
    await site.backup()
    fs.snapshots.destroy(fs.snapshots.list()[0]!.name, true)
    const timestamp = site.snapshot()
    const result = await site.map()
    expect(result).toMatchObject({
      kind: 'made',
      reasons: [expect.stringMatching(/^the snapshot src-backup-\d+ of the last backup no longer/)],
    })
    expect((await site.show(timestamp)).header.base).toBe(null)
  })

  it('does not take another snapshot of the same name for S0, nor for the one in progress', async () => {
    const { fs } = open()
    const nightly = () => {
      if (fs.snapshots.list().some(({ name }) => name === 'nightly')) fs.snapshots.destroy('nightly', true)
      site.advance(4000)
      fs.snapshot('nightly')
      return site.context.nowSeconds()
    }
    fs.writeFile('a', '1')
    const first = nightly()
    await site.map({ snapshot: first })
    await site.init()
    await site.done(first)
    fs.unlink('a')
    const second = nightly()
    await expect(site.map({ snapshot: second })).rejects.toMatchObject({
      code: 'INCREMENTAL_IMPOSSIBLE',
      message: expect.stringContaining('the snapshot nightly of the last backup no longer exists'),
    })
    await site.map({ snapshot: second, full: true })
    await site.init()
    await site.context.mounts.umount((await site.context.snapshots.list())[0]!, 'backup', true)
    nightly()
    await expect(site.init()).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  })

  it('refuses a gap in the middle of the log, which a full map leads over', async () => {
    const { fs } = open({ mdts: 1 })
    await site.backup()
    for (let index = 0; index < 5; index += 1) fs.create(`f${index}`)
    const last = fs.records(0).at(-1)!.index
    fs.loseRecordRange(0, Number(last) - 3, Number(last) - 2)
    site.snapshot()
    await expect(site.map()).rejects.toMatchObject({
      code: 'CHANGELOG_GAP',
      exitCode: EXIT.fullMapNeeded,
      hint: expect.stringContaining('--full'),
    })
    const { header } = (await site.map({ full: true })) as Extract<MapResult, { kind: 'made' }>
    const [{ startRecno, endRecno, recordCount }] = header.mdts as [MapMdt]
    expect([startRecno, recordCount]).toEqual([BigInt(last) - 1n, endRecno - startRecno + 1n])
    const { backup } = await site.init()
    await site.done(backup!.timestamp)
    fs.create('later')
    expect((await site.backup()).lines).toContain('data f later new 0')
  })

  it('refuses to miss an MDT', async () => {
    open({ mdts: 2, lustre: { mdts: ['MDT0000'], changelogUsers: ['cl1'] } })
    site.snapshot()
    await expect(site.map()).rejects.toMatchObject({ code: 'MDT_SET', exitCode: EXIT.usage })
  })

  it('knows in a full map what is the same as in the base, at the same path', async () => {
    const { fs } = open()
    fs.writeFile('same', '123')
    fs.writeFile('other', '123')
    fs.writeFile('moved', '123')
    await site.backup()
    fs.overwrite('other', 0, '456')
    fs.rename('moved', 'there')
    const timestamp = site.snapshot()
    await site.map({ full: true })
    const lines = (await site.show(timestamp)).lines.filter((line) => line.startsWith('compare f'))
    expect(lines).toEqual(['compare f other 3', 'compare f same 3 same', 'compare f there 3'])
  })
})

describe('source_init', () => {
  it('says where everything is, and says the same again', async () => {
    open({ dataPath: 'data' })
    expect(await site.init()).toMatchObject({ lastBackup: null, backup: null })
    const timestamp = site.snapshot()
    await expect(site.init()).rejects.toMatchObject({ code: 'MAP_MISSING' })
    await site.map()
    const first = await site.init()
    expect(first).toMatchObject({
      protocol: 1,
      fsname: 'src',
      lastBackup: null,
      backup: { timestamp, snapshotName: `src-backup-${timestamp}`, dataPath: 'data', resumed: false },
    })
    expect(existsSync(first.backup!.mountPoint)).toBe(true)
    expect(await site.init()).toEqual({ ...first, backup: { ...first.backup, resumed: true } })
    expect(link('inprogress_backup')).toBe(`backup/${timestamp}.json`)
    await expect(site.map({ full: true })).resolves.toMatchObject({ kind: 'exists' })
  })

  it('only looks for a dry run: nothing is begun, mounted or protected', async () => {
    open()
    const timestamp = site.snapshot()
    await site.map()
    const looked = await site.look()
    expect(looked).toMatchObject({ lastBackup: null, backup: { timestamp, resumed: false } })
    expect([link('inprogress_backup'), link('between_backup'), existsSync(site.layout.backup(timestamp))]).toEqual([null, null, false])
    expect(mounts()).toEqual(['mnt'])
    expect(await site.init()).toEqual(looked)
    expect(await site.look()).toEqual({ ...looked, backup: { ...looked.backup, resumed: true } })
    await site.done(timestamp)
    expect(await site.look()).toMatchObject({ lastBackup: timestamp, backup: null })
  })

  it('notices that the map of the backup in progress was replaced', async () => {
    open()
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    rmSync(site.layout.backupmap(timestamp), { recursive: true })
    await expect(site.init()).rejects.toMatchObject({ code: 'MAP_CHANGED' })
  })
})

describe('source_done', () => {
  it('makes S1 the base, then clears every log up to its cursor, and can be repeated', async () => {
    const { fs } = open({ mdts: 2, stateOutside: true })
    fs.mkdir('m1', { mdt: 1 })
    fs.create('a')
    fs.create('m1/b')
    const timestamp = site.snapshot()
    await site.map()
    const { header } = await site.show(timestamp)
    await site.init()
    fs.create('later')
    fs.create('m1/later')
    site.sim.flush()
    const { repeated, backup } = await site.done(timestamp)
    expect(repeated).toBe(false)
    expect([link('last_backup'), link('inprogress_backup')]).toEqual([`backup/${timestamp}.json`, null])
    expect(firstRecords()).toEqual(header.mdts.map(({ endRecno }) => Number(endRecno) + 1))
    expect(mounts()).toEqual(['mnt'])
    expect(await site.done(timestamp)).toEqual({ repeated: true, backup })
    await expect(site.done(timestamp + 1)).rejects.toMatchObject({ code: 'BACKUP_NOT_IN_PROGRESS', exitCode: EXIT.usage })
  })

  it('goes on after it was killed between any two steps', async () => {
    const { fs } = open({ stateOutside: true })
    fs.create('a')
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    class Killed extends Error {}
    const dying = {
      ...site.context,
      lustre: {
        ...site.context.lustre,
        clearChangelog: async (): Promise<'done'> => {
          throw new Killed('killed')
        },
      },
    }
    await expect(runSourceDone(dying, timestamp, [])).rejects.toThrow(Killed)
    // S1 is S0 already, durably, and nothing was cleared before that.
    expect([link('last_backup'), link('inprogress_backup')]).toEqual([`backup/${timestamp}.json`, null])
    expect(firstRecords()[0]).toBe(1)
    expect(await site.done(timestamp)).toMatchObject({ repeated: true })
    expect(firstRecords()[0]).not.toBe(1)
  })

  it('counts a clear that was made already, even further, as done', async () => {
    const { fs } = open({ mdts: 1, stateOutside: true })
    fs.create('a')
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    fs.create('b')
    site.sim.flush()
    const last = fs.records(0).at(-1)!.index
    fs.create('c')
    site.sim.flush()
    expect(await site.context.lustre.clearChangelog('src-MDT0000', 'cl1', BigInt(last))).toBe('done')
    await expect(site.done(timestamp)).resolves.toMatchObject({ repeated: false })
  })

  it('finishes the backup also when the changelog user is gone', async () => {
    const { fs } = open({ stateOutside: true })
    fs.create('a')
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    fs.deregisterChangelog('cl1')
    site.sim.flush()
    expect(await site.done(timestamp)).toMatchObject({ repeated: false })
    expect([link('last_backup'), link('inprogress_backup')]).toEqual([`backup/${timestamp}.json`, null])
  })

  it('keeps what is owed with the record', async () => {
    const { fs } = open()
    fs.create('a')
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    const fid = fs.fidOf('a') as Parameters<SourceSite['done']>[1] extends readonly (infer F)[] | undefined ? F : never
    expect((await site.done(timestamp, [fid])).backup.owed).toEqual([fid])
    expect((await site.done(timestamp)).backup.owed).toEqual([fid])
  })
})

describe('source_abort', () => {
  it('keeps S0, and offers the same snapshot again although a newer one waits', async () => {
    const { fs } = open()
    const first = await site.backup()
    fs.create('a')
    const second = site.snapshot()
    await site.map()
    await site.init()
    expect(await site.abort()).toMatchObject({ timestamp: second })
    expect(await site.abort()).toBe(null)
    expect([link('inprogress_backup'), link('between_backup')]).toEqual([null, `backup/${second}.json`])
    expect(link('last_backup')).toBe(`backup/${first.header.snapshot.timestamp}.json`)
    expect(mounts()).toEqual(['mnt'])
    const third = site.snapshot()
    await site.map()
    expect((await site.init()).backup?.timestamp).toBe(second)
    await site.done(second)
    expect(link('between_backup')).toBe(null)
    expect((await site.init()).backup?.timestamp).toBe(third)
    expect((await site.show(third)).header.base?.timestamp).toBe(second)
  })

  it('does not keep the target from saying that the backup was finished there', async () => {
    open()
    const timestamp = site.snapshot()
    await site.map()
    await site.init()
    await site.abort()
    expect(await site.done(timestamp)).toMatchObject({ repeated: false, backup: { timestamp } })
    expect([link('last_backup'), link('between_backup')]).toEqual([`backup/${timestamp}.json`, null])
  })
})
