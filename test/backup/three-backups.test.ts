import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Site } from '@lustrebackup/lustresim/site/site'
import { changeEverything, makeTree } from '@lustrebackup/lustresim/site/workload'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, expectEqual, expectRefusal, openSite, prepare, snapshot, succeed } from './backup-site.js'
import { changelogsOf, expectUnchanged } from './vital-state.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site?.close())

const source = (command: string, ...args: readonly string[]) => succeed(site, site.source, `lustrebackup_source_${command}`, ...args)
const target = (...args: readonly string[]) => succeed(site, site.target, 'lustrebackup_target', ...args)
const mapHeader = () => JSON.parse(readFileSync(join(site.source.metaBasepath, 'last_backupmap/header.json'), 'utf8'))

/** In their order: each test goes on where the one before has ended. */
describe('a full backup', () => {
  let timestamp: number

  it('is announced by dry runs, which change nothing', async () => {
    makeTree(site.source.filesystem)
    timestamp = await snapshot(site)
    const counted = await expectUnchanged(site, () => source('map', '-n', '--json'))
    expect(JSON.parse(counted)).toMatchObject({ kind: 'made', folder: null, header: { kind: 'full', base: null } })
    expect(readdirSync(join(site.source.metaBasepath, 'backupmap'))).toEqual([])
    expect(await source('map')).toContain(`Full map from nothing to src-backup-${timestamp}`)
    const shown = await expectUnchanged(site, () => target('-n'))
    expect(shown).toContain(`full backup of src-backup-${timestamp} (not begun)`)
    expect(readdirSync(join(site.target.metaBasepath, 'backupmap'))).toEqual([])
    expect(await source('abort')).toBe('No backup is in progress.\n')
  })

  it('is not planned twice', async () => {
    const header = readFileSync(join(site.source.metaBasepath, 'last_backupmap/header.json'))
    expect(await source('map')).toMatch(/^The map exists already: .*\nFull map from nothing/)
    expect(JSON.parse(await source('map', '--json'))).toMatchObject({ kind: 'exists', header: { snapshot: { timestamp } } })
    expect(readFileSync(join(site.source.metaBasepath, 'last_backupmap/header.json'))).toEqual(header)
  })

  it('makes the trees equal, and says so in a form for programs', async () => {
    const { entryCount } = await site.compare()
    const document = JSON.parse(await target('--json'))
    await expectEqual(site)
    expect(document).toMatchObject({
      outcome: 'finished',
      continued: false,
      kind: 'full',
      base: null,
      timestamp,
      snapshotName: `src-backup-${timestamp}`,
      phase: 'done',
      owed: [],
      // The root is in the tree, and no entry of the map.
      treeAfter: { entryCount: entryCount - 1 },
      totals: { entries: { owed: 0, repaired: 0 }, driftCount: 0 },
    })
    expect(Object.keys(document.phaseSeconds)).toEqual(['fetch', 'mirror', 'prepare', 'data', 'attributes', 'snapshot'])
  })

  it('leaves a snapshot of the target that says of what it is', () => {
    const { mdts } = mapHeader()
    const recnos = (field: string) => mdts.map((mdt: Record<string, string>) => `${mdt.mdt}=${mdt[field]}`).join('/')
    expect(mdts).toHaveLength(2)
    const [made, ...others] = site.target.filesystem.snapshots.list()
    expect(others).toEqual([])
    expect(made).toMatchObject({
      name: `src-backup-${timestamp}`,
      comment: `source_fsname: src, source_snapshot: src-backup-${timestamp}, source_start_recno: ${recnos('startRecno')}, source_end_recno: ${recnos('endRecno')}, source_largefile_size: 1073741824, source_hugefile_size: 1099511627776`,
    })
  })
})

describe('the changelog', () => {
  it('is cleared up to the cursor on every MDT, for our user alone', async () => {
    const cursors = mapHeader().mdts.map(({ endRecno }: { endRecno: number }) => Number(endRecno))
    expect(changelogsOf(site)).toEqual(cursors.map((cursor: number) => ({ first: cursor + 1, users: [{ id: 'cl1', index: cursor }] })))
    expect(site.source.filesystem.registerChangelog()).toBe('cl2')
    site.source.filesystem.flush()
  })
})

describe('an incremental backup', () => {
  let before: number
  let timestamp: number

  it('holds what changed, and nothing else', async () => {
    before = mapHeader().snapshot.timestamp
    changeEverything(site.source.filesystem)
    timestamp = await prepare(site)
    const { kind, base, counts } = mapHeader()
    expect({ kind, base: base.timestamp }).toEqual({ kind: 'incremental', base: before })
    // Beside what was removed: what a rename replaced, and a file that became a folder.
    expect(counts).toMatchObject({ created: 25, removed: 21 + 2, data: 9, failed: 0 })
    expect(counts.dataBytes).toBeLessThan(6_200_000)
  })

  it('makes the trees equal', async () => {
    const printed = await target()
    await expectEqual(site)
    expect(printed).toContain(`incremental backup of src-backup-${timestamp} finished\n`)
    expect(printed).toMatch(/^checked: .* 0 put right, 0 owed$/m)
    expect(printed).toMatch(/^namespace-out: +[0-9.]+ s$/m)
  })

  it('leaves another reader of the changelog what it has not read', () => {
    const cursors = mapHeader().mdts.map(({ endRecno }: { endRecno: number }) => Number(endRecno))
    for (const [mdt, { first, users }] of changelogsOf(site).entries()) {
      const [ours, other] = users
      expect(ours).toEqual({ id: 'cl1', index: cursors[mdt] })
      expect(other!.index).toBeLessThan(cursors[mdt])
      expect(first).toBe(other!.index + 1)
    }
  })

  it('can be told to the source again and again', async () => {
    const cursors = changelogsOf(site)
    expect(await source('done', '-t', String(timestamp))).toBe(`Backup ${timestamp} is done already; owed: 0.\n`)
    expect(changelogsOf(site)).toEqual(cursors)
    const other = await expectUnchanged(site, () => site.run(site.source, 'lustrebackup_source_done', '-t', String(before)))
    expectRefusal(other, 2, `the backup ${before} cannot be finished: it is not in progress`, `last one done: ${timestamp}`)
  })

  it('needs its base, which is protected', async () => {
    const newer = await snapshot(site)
    const refused = await expectUnchanged(site, () =>
      site.run(site.source, 'lustrebackup_snapshot_destroy', '-n', `src-backup-${timestamp}`),
    )
    expectRefusal(refused, 1, `src-backup-${timestamp} is not destroyed: it is the base of the next backup`, 'what to do:')
    await succeed(site, site.source, 'lustrebackup_snapshot_destroy', '-n', `src-backup-${newer}`, '-f')
  })
})

describe('when nothing has changed', () => {
  it('a backup moves nothing, and a run without a new snapshot does nothing', async () => {
    const tree = lstatSync(join(site.target.dataPath, 'project2/matrix.bin'), { bigint: true }).ctimeNs
    const timestamp = await backup(site)
    expect(mapHeader().counts).toMatchObject({ created: 0, removed: 0, moved: 0, data: 0, attributes: 0, failed: 0 })
    expect(lstatSync(join(site.target.dataPath, 'project2/matrix.bin'), { bigint: true }).ctimeNs).toBe(tree)
    const nothing = await expectUnchanged(site, () => target('--json'))
    expect(JSON.parse(nothing)).toEqual({ outcome: 'nothing-to-do', lastBackup: timestamp, owed: [] })
    expect(JSON.parse(await source('map', '--json'))).toEqual({ kind: 'nothing-newer', lastBackup: timestamp })
  })

  it('nothing stays mounted, and no work folder is left', () => {
    expect(site.sim.mounts().map(({ target }) => target)).toEqual([site.source.mount, site.target.mount])
    for (const { metaBasepath } of [site.source, site.target]) expect(readdirSync(join(metaBasepath, 'tmp'))).toEqual([])
  })
})
