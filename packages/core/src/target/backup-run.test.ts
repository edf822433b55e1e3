import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ModelTree } from '../namespace/testing/model-tree.js'
import { metaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import { runDryRun } from './dry-run.js'
import { describeOutcome, isIncomplete, outcomeDocument } from './summary.js'
import { loadTargetBackup } from './target-state.js'
import { FULL_PHASES, INCREMENTAL_PHASES } from './target-types.js'
import { BackupSite } from './testing/backup-site.js'

let site: BackupSite
beforeEach(() => {
  site = new BackupSite()
})
afterEach(() => site.close())

/** A tree with something of everything. */
function firstTree(): ModelTree {
  const model = new ModelTree()
  const d = model.make(model.root, 'd', 'd')!
  model.make(model.root, 'file', 'f')
  const linked = model.make(d, 'linked', 'f')!
  model.link(linked, model.root, 'link')
  model.make(d, 'sym', 'l')
  model.make(model.make(d, 'sub', 'd')!, 'deep', 'f')
  model.make(model.root, 'gone', 'f')
  return model
}

/** Swaps, moves, removes, writes, makes. */
function secondTree(first: ModelTree): ModelTree {
  const model = first.clone()
  model.rename(model.root, 'd', model.root, 'e')
  model.rename(model.at('e'), 'sub', model.root, 'sub')
  model.make(model.root, 'd', 'd')
  model.rename(model.root, 'file', model.at('d'), 'file')
  model.remove(model.root, 'gone')
  model.write(model.at('e/linked'))
  model.make(model.at('d'), 'new', 'f')
  model.link(model.at('sub/deep'), model.at('d'), 'deeper')
  return model
}

const link = (name: 'last_backup' | 'inprogress_backup' | 'last_backupmap') => linkedTimestamp(metaLayout(site.meta).link(name))
const record = () => loadTargetBackup(metaLayout(site.meta), 'last_backup')

async function firstBackup(): Promise<ModelTree> {
  const model = firstTree()
  site.source.offer(1000, model, null)
  await site.run()
  return model
}

function expectTree(timestamp: number): void {
  const { target, source } = site.trees(timestamp)
  expect(target).toEqual(source)
}

describe('a backup', () => {
  it('is full at first, then incremental, and then there is nothing to do', async () => {
    const first = await firstBackup()
    expectTree(1000)
    expect(record()).toMatchObject({ timestamp: 1000, kind: 'full', phase: 'done', acknowledged: true, owed: [] })

    const second = secondTree(first)
    site.source.offer(2000, second, { base: 1000, s0: first })
    const outcome = await site.run()
    expectTree(2000)
    expect(outcome).toMatchObject({ kind: 'finished', continued: false, backup: { kind: 'incremental', base: 1000, owed: [] } })
    // The file that was written and the one that is new; the model gives every other content to names that move.
    expect(outcome).toMatchObject({ backup: { totals: { fileCount: 2n, driftCount: 0 } } })
    expect([link('last_backup'), link('inprogress_backup'), link('last_backupmap')]).toEqual([2000, null, 2000])
    expect(readdirSync(join(site.meta, 'tmp'))).toEqual([])
    expect(readdirSync(join(site.meta, 'backupmap'))).toEqual(['2000'])

    expect(await site.run()).toEqual({ kind: 'nothing-to-do', lastBackup: 2000, acknowledged: null })
    expect(site.source.calls).toEqual(['init', 'done 1000', 'init', 'done 2000', 'init'])
  })

  it('uses a small map that came with the answer of the source, and opens no connection for it', async () => {
    const fetches = (timestamp: number) => site.commands().filter((line) => line.includes(site.source.map(timestamp)))
    const first = await firstBackup()
    expect(fetches(1000)).not.toEqual([])
    site.source.sendsMap = true
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    await site.run()
    expectTree(2000)
    expect(link('last_backupmap')).toBe(2000)
    expect(fetches(2000)).toEqual([])
  })

  it('refuses such a map when it is not the one that the header digest is of, or when a part is damaged', async () => {
    const first = await firstBackup()
    site.source.sendsMap = true
    for (const damaged of [/^header/, /^data/]) {
      site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
      const name = readdirSync(site.source.map(2000)).find((file) => damaged.test(file))!
      appendFileSync(join(site.source.map(2000), name), '\n')
      await expect(site.run()).rejects.toMatchObject({ code: 'MAP_DIGEST_MISMATCH' })
    }
    expectTree(1000)
  })

  it('makes a snapshot that says what it holds, or none', async () => {
    const first = await firstBackup()
    expect(site.snapshots.made).toMatchObject([
      {
        name: 'src-backup-1000',
        comment:
          'source_fsname: src, source_snapshot: src-backup-1000, source_start_recno: 1, source_end_recno: 9, source_largefile_size: 1073741824, source_hugefile_size: 1099511627776',
      },
    ])
    site.backup = { snapshotBackend: 'none' }
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    await site.run()
    expect(site.snapshots.made).toHaveLength(1)
  })

  it('takes a snapshot that it made before it was interrupted for its own, and one of an earlier tree not', async () => {
    site.source.offer(1000, firstTree(), null)
    const create = site.snapshots.create
    site.snapshots.create = async (name, comment) => {
      await create.call(site.snapshots, name, comment)
      site.snapshots.create = create
      throw new Error('killed')
    }
    await expect(site.run()).rejects.toThrow('killed')
    const [made] = site.snapshots.made
    expect(await site.run()).toMatchObject({ continued: true })
    expect(site.snapshots.made).toEqual([made])

    site.source.offer(1000, firstTree(), null, { software: 'another' })
    await site.run()
    expect(site.snapshots.made).toHaveLength(1)
    expect(site.snapshots.made[0]).not.toBe(made)
  })

  it('owes what it had to bring again and cannot prove to be whole', async () => {
    const first = await firstBackup()
    const second = first.clone()
    second.rename(second.root, 'file', second.root, 'moved')
    site.source.offer(2000, second, { base: 1000, s0: first })
    rmSync(join(site.data, 'file'))
    // The source cannot read the file to its end.
    const script = `#!/bin/sh
rsync "$@"
case "$*" in */lists/data-*) printf x > '${site.data}/moved'; echo 'read errors mapping "moved": Input/output error (5)' >&2; exit 23;; esac
`
    const rsync = join(site.bin, 'rsync-that-fails')
    writeFileSync(rsync, script, { mode: 0o755 })
    site.backup = { rsyncCommand: rsync }
    expect(await site.run()).toMatchObject({ backup: { owed: [{ fid: first.at('file').fid }] } })
  })

  it('ends with what it could not copy owed, told to the source', async () => {
    const model = firstTree()
    site.source.offer(1000, model, null)
    rmSync(join(site.source.snapshot(1000), 'file'))
    const outcome = await site.run()
    expect(outcome).toMatchObject({ backup: { owed: [{ fid: model.at('file').fid }], totals: { entries: { owed: 1 } } } })
    expect(site.source.owed.map(({ path }) => path.toString())).toEqual(['file'])
  })
})

describe('an interrupted backup', () => {
  it.each(INCREMENTAL_PHASES.slice(1, -1))('that died before %s is continued there', async (phase) => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    site.dieAt = phase
    await expect(site.run()).rejects.toThrow('killed')
    expect(link('inprogress_backup')).toBe(2000)
    expect(link('last_backup')).toBe(1000)
    expect(await site.run()).toMatchObject({ kind: 'finished', continued: true })
    expectTree(2000)
    expect(site.warnings).toContain('an interrupted backup is continued')
    expect(loadTargetBackup(metaLayout(site.meta), 'inprogress_backup')).toBeNull()
  })

  it.each(FULL_PHASES.slice(1, -1))('that is full and died before %s is continued there', async (phase) => {
    site.source.offer(1000, firstTree(), null)
    site.dieAt = phase
    await expect(site.run()).rejects.toThrow('killed')
    expect(await site.run()).toMatchObject({ continued: true })
    expectTree(1000)
  })

  it('by a lost connection says so, and goes on with the lists that are left', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    site.dieAt = 'data'
    await expect(site.run()).rejects.toThrow('killed')
    writeFileSync(join(site.bin, 'broken'), '')
    await expect(site.run()).rejects.toThrow(/ssh failed \(exit code 255\): ssh: connect to host the.source port 22: No route to host/)
    rmSync(join(site.bin, 'broken'))
    await site.run()
    expectTree(2000)
  })

  it('goes on with its own map when the source has made the same one again, and with a full one when there is one', async () => {
    const first = await firstBackup()
    const second = secondTree(first)
    site.source.offer(2000, second, { base: 1000, s0: first })
    site.dieAt = 'namespace-in'
    await expect(site.run()).rejects.toThrow('killed')
    site.source.offer(2000, second, { base: 1000, s0: first }, { software: 'another' })
    site.dieAt = 'data'
    await expect(site.run()).rejects.toThrow('killed')
    site.source.offer(2000, second, null)
    expect(await site.run()).toMatchObject({ continued: false, backup: { kind: 'full', startedFrom: 'unknown' } })
    expectTree(2000)
  })

  it('is not left for a map of another snapshot, unless that is full', async () => {
    const first = await firstBackup()
    const second = secondTree(first)
    site.source.offer(2000, second, { base: 1000, s0: first })
    site.dieAt = 'namespace-in'
    await expect(site.run()).rejects.toThrow('killed')
    const before = site.trees(1000).target
    site.source.offer(3000, second, { base: 1000, s0: first })
    await expect(site.run()).rejects.toThrow(expect.objectContaining({ code: 'TARGET_BETWEEN', exitCode: 5 }))
    expect(site.trees(1000).target).toEqual(before)
    site.source.offer(3000, second, null)
    await site.run()
    expectTree(3000)
    expect(existsSync(metaLayout(site.meta).backup(2000))).toBe(false)
  })

  it('of a snapshot that was backed up before is not taken for the finished one', async () => {
    const first = await firstBackup()
    // A source that has lost its state begins anew, with the snapshot that is still its newest.
    site.source.lastBackup = null
    site.source.offer(1000, first, null, { software: 'another' })
    rmSync(join(site.data, 'file'))
    site.dieAt = 'data'
    await expect(site.run()).rejects.toThrow('killed')
    site.source.calls.length = 0
    expect(await site.run()).toMatchObject({ kind: 'finished', continued: true, backup: { startedFrom: 'backup' } })
    expect(site.source.calls).toEqual(['init', 'done 1000'])
    expectTree(1000)
  })

  it('of which the source knows nothing any more is an error, not nothing to do', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    site.dieAt = 'data'
    await expect(site.run()).rejects.toThrow('killed')
    await site.source.commands().done(2000, [])
    await expect(site.run()).rejects.toThrow(expect.objectContaining({ code: 'TARGET_BETWEEN', exitCode: 5 }))
  })
})

describe('the end of a backup', () => {
  it('that could not be told to the source is told first by the next run', async () => {
    site.source.doneFails = true
    site.source.offer(1000, firstTree(), null)
    await expect(site.run()).rejects.toThrow(expect.objectContaining({ code: 'NOT_ACKNOWLEDGED' }))
    expect(record()).toMatchObject({ phase: 'done', acknowledged: false })
    expectTree(1000)
    site.source.doneFails = false
    site.source.calls.length = 0
    expect(await site.run()).toMatchObject({ kind: 'nothing-to-do', lastBackup: 1000, acknowledged: { timestamp: 1000 } })
    expect(site.source.calls).toEqual(['done 1000', 'init'])
    expect(record()).toMatchObject({ acknowledged: true })
  })

  it('of which the source knows nothing, because it lost its state, leads on by a full map and by no other', async () => {
    const first = await firstBackup()
    site.source.doneFails = true
    const second = secondTree(first)
    site.source.offer(2000, second, { base: 1000, s0: first })
    await expect(site.run()).rejects.toThrow(expect.objectContaining({ code: 'NOT_ACKNOWLEDGED' }))
    site.source.doneFails = false
    site.source.forgetful = true
    const refused = { code: 'NOT_ACKNOWLEDGED', exitCode: 5, hint: expect.stringContaining('lustrebackup_source_map --full') }
    site.source.offer(3000, first, { base: 2000, s0: second })
    await expect(site.run()).rejects.toThrow(expect.objectContaining(refused))
    site.source.withdraw()
    await expect(site.run()).rejects.toThrow(expect.objectContaining(refused))
    expectTree(2000)
    site.source.offer(4000, second, null)
    site.source.knows = 4000
    expect(await site.run()).toMatchObject({ kind: 'finished', backup: { timestamp: 4000 } })
    expectTree(4000)
    expect(await site.run()).toMatchObject({ kind: 'nothing-to-do', acknowledged: null })
  })
})

it('is not complete when only the next run could tell the source what is owed', async () => {
  site.source.doneFails = true
  const model = firstTree()
  site.source.offer(1000, model, null)
  rmSync(join(site.source.snapshot(1000), 'file'))
  await expect(site.run()).rejects.toThrow(expect.objectContaining({ code: 'NOT_ACKNOWLEDGED' }))
  site.source.doneFails = false
  const outcome = await site.run()
  expect(isIncomplete(outcome)).toBe(true)
  expect(describeOutcome(outcome, { log: '', state: '', report: null })).toContain('NOT backed up, and owed to the next backup:\n  file: ')
  expect(outcomeDocument(outcome, null)).toMatchObject({ outcome: 'nothing-to-do', owed: [{ path: 'file' }] })
  expect(isIncomplete(await site.run())).toBe(false)
})

describe('nothing is changed', () => {
  async function expectRefused(code: string, exitCode: number): Promise<void> {
    const before = site.trees(1000).target
    await expect(site.run()).rejects.toThrow(expect.objectContaining({ code, exitCode }))
    expect(site.trees(1000).target).toEqual(before)
    expect(link('inprogress_backup')).toBeNull()
  }

  it('by a map with another base', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first }, { base: { timestamp: 999, snapshotName: 'src-backup-999' } })
    await expectRefused('WRONG_BASE', 5)
  })

  it('by an incremental map at first', async () => {
    const first = firstTree()
    site.source.offer(1000, first, null)
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    await expectRefused('WRONG_BASE', 5)
  })

  it('when the tree is another folder than the backup left, or was emptied', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    renameSync(site.data, `${site.data}.away`)
    mkdirSync(site.data)
    await expectRefused('TARGET_REPLACED', 5)
    rmSync(site.data, { recursive: true })
    renameSync(`${site.data}.away`, site.data)
    for (const name of readdirSync(site.data)) rmSync(join(site.data, name), { recursive: true })
    await expectRefused('TARGET_EMPTIED', 5)
  })

  it('by a map that was damaged on the source', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    const part = readdirSync(site.source.map(2000)).find((name) => name.startsWith('remove'))!
    const file = join(site.source.map(2000), part)
    writeFileSync(file, readFileSync(file, 'utf8').replace('gone', 'file'))
    await expectRefused('MAP_DIGEST_MISMATCH', 1)
    writeFileSync(join(site.source.map(2000), 'header.json'), '{}')
    await expectRefused('MAP_DIGEST_MISMATCH', 1)
  })

  it('by a map that changes more than is allowed, until it is accepted', async () => {
    const first = await firstBackup()
    site.backup = { maxChangePercent: 20 }
    const zero = {
      touched: 3,
      created: 1,
      removed: 1,
      kept: 1,
      temporary: 0,
      excluded: 0,
      failed: 0,
      moved: 0,
      attributes: 0,
      unchanged: 0,
    }
    const counts = { ...zero, data: 1, dataBytes: 0n }
    const second = secondTree(first)
    site.source.offer(2000, second, { base: 1000, s0: first }, { counts, tree: { entryCount: 8, sizeBytes: 0n } })
    await expectRefused('TOO_MANY_CHANGES', 1)
    await site.run({ acceptChanges: true })
    expectTree(2000)
  })

  it('by a dry run, for which the source begins nothing', async () => {
    const first = await firstBackup()
    site.source.offer(2000, secondTree(first), { base: 1000, s0: first })
    const before = site.trees(1000).target
    const plan = await runDryRun(site.ports())
    expect(plan).toMatchObject({ kind: 'plan', interrupted: null })
    const shown = plan.kind === 'plan' ? plan.parts.map(({ kind, entryCount }) => `${kind} ${entryCount}`) : []
    expect(shown).toEqual(['remove 1', 'move 3', 'mkdir 1', 'place 3', 'link 1', 'data 2', 'attr 5'])
    expect(site.trees(1000).target).toEqual(before)
    expect(site.source.calls.slice(-2)).toEqual(['done 1000', 'look'])
    expect(readdirSync(join(site.meta, 'tmp')).filter((name) => name.startsWith('dry-run'))).toEqual([])
  })
})

it('repairs a target that drifted by a full map, and transfers only what differs', async () => {
  const first = await firstBackup()
  rmSync(join(site.data, 'd/sub/deep'))
  writeFileSync(join(site.data, 'file'), 'damaged')
  mkdirSync(join(site.data, 'foreign/sub'), { recursive: true })
  rmSync(join(site.data, 'link'))
  writeFileSync(join(site.data, 'link'), '')
  site.source.offer(2000, first, null)
  const outcome = await site.run()
  expectTree(2000)
  expect(outcome).toMatchObject({ backup: { startedFrom: 'backup', totals: { fileCount: 2n, removedCount: 3 } } })
})
