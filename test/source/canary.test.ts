import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createCanaryProof } from '@lustrebackup/core/canary/canary-proof'
import { listCanaries, saveCanary } from '@lustrebackup/core/canary/canary-record'
import { runCanary } from '@lustrebackup/core/canary/canary-run'
import type { Config } from '@lustrebackup/core/config/config-types'
import { createExec } from '@lustrebackup/core/exec/execa-exec'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import type { Lustre } from '@lustrebackup/core/lustre/lustre-port'
import { nativeLustre } from '@lustrebackup/core/lustre/native-lustre'
import { openLustreapi } from '@lustrebackup/core/lustre/open-lustreapi'
import { prepareSource } from '@lustrebackup/core/snapshot/prepare-source-run'
import { recordSnapshot } from '@lustrebackup/core/snapshot/snapshot-record'
import type { Snapshot } from '@lustrebackup/core/snapshot/snapshot-types'
import { makeMetaFolders } from '@lustrebackup/core/state/durable'
import { metaLayout } from '@lustrebackup/core/state/meta-layout'
import { replaceLink } from '@lustrebackup/core/state/state-link'
import { Lustresim } from '@lustrebackup/lustresim/sim'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const MDTS = ['MDT0000', 'MDT0001']

let folder: string
let sim: Lustresim
let now: number
let lustre: Lustre
let warnings: { readonly message: string; readonly reason?: unknown }[]
const live = () => sim.fs('src')
const mount = () => join(folder, 'mnt')
const layout = () => metaLayout(join(mount(), '.lustrebackup'))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-canary-'))
  now = 1_800_000_000
  warnings = []
  sim = Lustresim.create(join(folder, 'sim'), { filesystems: [{ name: 'src', mdts: 2, osts: 1 }], now: () => BigInt(now) * 1_000_000_000n })
  sim.mount('src', mount())
  lustre = nativeLustre(openLustreapi(sim.library), 8)
})
afterEach(() => {
  sim.destroy()
  rmSync(folder, { recursive: true })
})

const register = () => {
  live().registerChangelog()
  live().flush()
}

/** What `lustrebackup_snapshot_create` does before the snapshot. */
function prepare(changes: Partial<Config['lustre']> = {}, commandPath = `${sim.bin}:/usr/bin:/bin`): Promise<number | null> {
  const users = { mdts: MDTS, changelogUsers: ['cl1', 'cl1'] }
  const lustreConfig = { fsname: 'src', ...users, dataMount: mount(), flushSeconds: 60, ...changes }
  return prepareSource({
    config: { lustre: lustreConfig } as unknown as Config,
    layout: layout(),
    exec: createExec({ commandPath, environment: process.env }),
    log: { ...silentLog, warning: (message, fields = {}) => void warnings.push({ message, ...fields }) },
    signal: new AbortController().signal,
    limit: new AbortController().signal,
    nowSeconds: () => now,
    openLustre: async () => lustre,
  })
}

/** A canary alone, without the programs of a Lustre node. Gives its number. */
async function canary(mdts: readonly string[] = MDTS): Promise<number> {
  makeMetaFolders(layout())
  const request = { mdts, dataMount: mount(), folder: layout().folder('canary'), lastRecnos: new Map(), nowSeconds: now }
  const makeFolder = async (mdt: number, path: string) => {
    live().flush({ reconcile: true })
    live().mkdir(relative(mount(), path), { mdt })
    live().flush()
  }
  return saveCanary(await runCanary(request, { lustre, signal: new AbortController().signal, makeFolder }), layout())
}

/** A snapshot made now, recorded with its canary, and mounted. */
function snapshot(number: number | null): Snapshot {
  now += 10
  const name = `src-backup-${now}`
  const { fsname } = live().snapshot(name)
  const common = { fsname: 'src', createTime: '', modifyTime: '', comment: null, mounted: true, ours: true }
  const made: Snapshot = { ...common, name, snapshotFsname: fsname, timestamp: now }
  live().snapshots.mount(name)
  sim.mount(fsname, join(folder, 'snap', name), ['ro', 'user_xattr'])
  recordSnapshot(made, number, layout())
  now += 86_400
  return made
}

const examine = (made: Snapshot, baseTimestamp: number | null = null) =>
  createCanaryProof({ fsname: 'src', mdts: MDTS, layout: layout(), lustre, signal: new AbortController().signal }).examine(
    made,
    baseTimestamp,
  )

describe('the changelogs of a snapshot are proven', () => {
  it('from the first run on, with and without reading them before', async () => {
    register()
    const first = snapshot(await prepare())
    expect(await examine(first)).toEqual({ atSnapshot: [], sinceBase: [] })
    const second = snapshot(await prepare({ flushSeconds: 0 }))
    const third = snapshot(await prepare())
    expect(await examine(third, first.timestamp)).toEqual({ atSnapshot: [], sinceBase: [] })
    expect(await examine(second, first.timestamp)).toEqual({ atSnapshot: [], sinceBase: [] })
    expect(warnings).toEqual([])
  })

  it('and nothing but two generations is left', async () => {
    register()
    for (let run = 0; run < 3; run += 1) snapshot(await canary())
    const folders = readdirSync(layout().folder('canary')).filter((name) => name.startsWith('MDT'))
    expect(folders.toSorted()).toEqual(['MDT0000.4', 'MDT0000.5', 'MDT0001.4', 'MDT0001.5'])
  })

  it('where a run died in the middle', async () => {
    register()
    snapshot(await canary())
    rmSync(join(layout().folder('canary'), 'MDT0000.3/renamed'))
    writeFileSync(join(layout().folder('canary'), 'MDT0001.2/what'), '')
    expect(await examine(snapshot(await canary()))).toEqual({ atSnapshot: [], sinceBase: [] })
  })
})

describe('they are not', () => {
  it('without a user on one MDT', async () => {
    live().registerChangelog(0)
    live().flush()
    const { atSnapshot } = await examine(snapshot(await canary()))
    expect(atSnapshot).toEqual([expect.stringMatching(/MDT0001 shows nothing .*--device src-MDT0001 changelog_register/)])
  })

  it.each(['RENME', 'SATTR', 'UNLNK', 'OPEN', 'HLINK'])('without %s in the mask', async (type) => {
    register()
    snapshot(await canary())
    live().core.begin()
    const log = live().core.logs[1]!
    log.setMask(log.meta.mask.filter((name) => name !== type))
    live().flush()
    const { atSnapshot } = await examine(snapshot(await canary()))
    expect(atSnapshot).toEqual([expect.stringContaining(`the changelog of MDT0001 lacks the ${type} records`)])
    expect(atSnapshot[0]).toContain(`mdd.src-MDT0001.changelog_mask="+${type}"`)
  })

  it('when it was so for a while, and the snapshot of that time is gone', async () => {
    const user = live().registerChangelog()
    const base = snapshot(await canary())
    live().deregisterChangelog(user, 1)
    live().flush()
    await canary()
    live().flush({ reconcile: true })
    now += 86_400
    live().registerChangelog(1)
    live().flush()
    const after = await examine(snapshot(await canary()), base.timestamp)
    expect(after).toEqual({ atSnapshot: [], sinceBase: [expect.stringContaining('MDT0001 shows nothing')] })
  })

  it('when nobody tested them', async () => {
    register()
    const tested = snapshot(await canary())
    expect((await examine(snapshot(null), tested.timestamp)).atSnapshot).toEqual([expect.stringContaining('not tested')])
  })

  it('when an MDT has come since', async () => {
    register()
    const { atSnapshot } = await examine(snapshot(await canary(['MDT0000'])))
    expect(atSnapshot).toEqual([expect.stringContaining('the changelog of MDT0001 was not tested')])
  })
})

describe('a canary that cannot be made is a warning', () => {
  it('without lfs', async () => {
    register()
    expect(await prepare({}, '/nonexistent')).toBeNull()
    expect(warnings).toEqual([
      {
        message: expect.stringContaining('no incremental map of this snapshot'),
        reason: expect.stringContaining('lfs'),
        hint: expect.anything(),
      },
    ])
  })

  it('on an MDT that does not exist', async () => {
    register()
    expect(await prepare({ mdts: ['MDT0000', 'MDT0007'], flushSeconds: 0 })).toBeNull()
    expect(warnings[0]?.reason).toMatch(/on MDT 7: lfs mkdir: .*No such device/)
  })

  it('where the state lies on another file system', async () => {
    register()
    expect(await prepare({ dataMount: join(folder, 'elsewhere'), flushSeconds: 0 })).toBeNull()
    expect(warnings[0]?.reason).toMatch(/is not on the file system mounted at/)
  })
})

it.each([
  [60, 'new'],
  [0, 'old'],
])('with flush_seconds = %i, a snapshot has the %s content of a file just written', async (flushSeconds, content) => {
  register()
  live().writeFile('f', 'old')
  live().overwrite('f', 0, 'new', { unflushed: true })
  live().flush()
  const { snapshotFsname } = snapshot(await prepare({ flushSeconds }))
  expect(readFileSync(join(live().core.paths.snapshot(snapshotFsname).tree, 'f'), 'utf8')).toBe(content)
})

it('warns of a user that Lustre will remove before long', async () => {
  // The programs have the clock of this host.
  now = Math.floor(Date.now() / 1000) - 20 * 86_400
  register()
  await prepare()
  expect(warnings.map(({ message }) => message)).toEqual(
    MDTS.map((mdt) => expect.stringMatching(`cl1 of ${mdt} for 20\\.0 days, .*removes it in about 10\\.0 days`)),
  )
})

it('forgets the canaries of before the last backup', async () => {
  register()
  const first = await canary()
  const ofBase = await canary()
  const base = snapshot(ofBase)
  expect(listCanaries(layout())).toEqual([first, ofBase])
  replaceLink(layout().link('last_backup'), layout().backup(base.timestamp))
  expect(listCanaries(layout())).toEqual([first, ofBase])
  const last = await prepare()
  expect(listCanaries(layout())).toEqual([ofBase, last])
})
