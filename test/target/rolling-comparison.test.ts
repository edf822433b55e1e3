import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Config } from '@lustrebackup/core/config/config-types'
import type { BackupOutcome } from '@lustrebackup/core/target/backup-run'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { afterEach, describe, expect, it } from 'vitest'
import { TargetSide } from '../fuzz/target-side.js'
import { SourceSite } from '../source/source-site.js'

const DAY = 86_400

let source: SourceSite
let target: TargetSide
afterEach(() => source.close())

function openSite(compareDays: Config['backup']['compareDays']): void {
  source = new SourceSite({ mdts: 2, stateOutside: true, mounts: 'symlink', workers: 2, backup: { compareDays } })
  const commands = {
    init: () => source.init(),
    look: () => source.look(),
    done: async (timestamp: number, owed: readonly { readonly fid: never }[]) => {
      await source.done(
        timestamp,
        owed.map(({ fid }) => fid),
      )
    },
    abort: async () => void (await source.abort()),
  }
  target = new TargetSide(source.folder, source.config, commands as never, source.context.nowSeconds)
}

type Finished = Extract<BackupOutcome, { kind: 'finished' }>

async function backup(afterSeconds = DAY): Promise<Finished> {
  source.snapshot(afterSeconds)
  await source.map()
  return (await target.run()) as Finished
}

async function differences(): Promise<readonly string[]> {
  const snapshot = source.fs.snapshots.list().at(-1)!
  const newest = source.fs.snapshots.list().reduce((a, b) => (a.createSeconds > b.createSeconds ? a : b), snapshot)
  return (await compareTrees(source.fs.core.paths.snapshot(newest.fsname).tree, target.data)).differences
}

const onTarget = (path: string) => join(target.data, path)
const found = ({ backup: { totals } }: Finished) => {
  const counts = Object.entries(totals.comparison?.differences ?? {})
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
const setfacl = (...args: string[]) => execFileSync('setfacl', args)

/** Ten folders with three files each, and names in several of them. */
function makeTree(): void {
  const { fs } = source
  for (let folder = 0; folder < 10; folder += 1) {
    fs.mkdir(`d${folder}`)
    for (const name of ['a', 'b', 'c']) fs.writeFile(`d${folder}/${name}`, `${folder}${name}`)
  }
  fs.mkdir('d3/sub')
  fs.writeFile('d3/sub/deep', 'deep')
  fs.link('d1/a', 'd8/linked')
  fs.symlink('/etc/passwd', 'd2/symlink')
}

describe('a change without a record', () => {
  /** Neither of them writes to the changelog. */
  function changeSilently(): void {
    const { fs } = source
    fs.utimes('d5/a', 1_500_000_000, 1_500_000_000)
    fs.utimes('d5/a', 1_500_000_001, 1_500_000_001)
    fs.setfacl('d7/b', ['-m', 'u:1234:r'])
  }

  it('reaches the target with the next backup where everything is compared', async () => {
    openSite('always')
    makeTree()
    await backup()
    source.fs.utimes('d5/a', 1_400_000_000, 1_400_000_000)
    await backup()
    changeSilently()
    const outcome = await backup()
    expect(await differences()).toEqual([])
    expect(found(outcome)).toEqual({ 'other-attributes': 1, 'other-content': 1 })
    expect(found(await backup())).toEqual({})
  })

  it('reaches the target within compare_days, and never with 0', async () => {
    openSite(5)
    makeTree()
    await backup()
    source.fs.utimes('d5/a', 1_400_000_000, 1_400_000_000)
    await backup()
    changeSilently()
    const reported: Record<string, number> = {}
    for (let day = 0; day < 5; day += 1) {
      const outcome = await backup()
      expect(outcome.header.comparison.entryCount).toBeLessThan(40)
      for (const [kind, count] of Object.entries(found(outcome))) reported[kind] = (reported[kind] ?? 0) + count
    }
    expect(await differences()).toEqual([])
    expect(reported).toEqual({ 'other-attributes': 1, 'other-content': 1 })
  })

  it('is not looked for with 0', async () => {
    openSite(0)
    makeTree()
    await backup()
    source.fs.setfacl('d7/b', ['-m', 'u:1234:r'])
    const outcome = await backup(40 * DAY)
    expect(outcome.backup.totals.comparison).toBeNull()
    expect(outcome.header.parts.filter(({ kind }) => kind === 'compare')).toEqual([])
    expect(await differences()).not.toEqual([])
  })
})

describe('the cursor', () => {
  const directoriesOf = async (timestamp: number) => {
    const { lines } = await source.show(timestamp)
    return lines.flatMap((line) => (line.startsWith('compare directory ') ? [line.slice('compare directory '.length)] : []))
  }

  it('goes round the tree from backup to backup; a map that was never worked off does not move it', async () => {
    openSite(4)
    makeTree()
    await backup()
    const covered = new Set<string>()
    for (let day = 0; covered.size < 12; day += 1) {
      expect(day).toBeLessThan(4)
      let unused: string[] = []
      if (day === 1) {
        const timestamp = source.snapshot(DAY)
        await source.map()
        unused = await directoriesOf(timestamp)
      }
      const { backup: done, header } = await backup(day === 1 ? 1 : DAY)
      const compared = await directoriesOf(done.timestamp)
      expect(compared).toEqual(expect.arrayContaining(unused))
      expect(done.totals.comparison!.entryCount).toBe(header.comparison.entryCount)
      expect(header.comparison.directoryCount).toBe(compared.length)
      // Only a new round looks at a directory again.
      const isNewRound = compared.includes('')
      expect(compared.some((path) => covered.has(path))).toBe(isNewRound && day > 0)
      expect(header.comparison.cycleStart === done.timestamp).toBe(isNewRound)
      for (const path of compared) covered.add(path)
    }
  })
})

describe('a target that has drifted', () => {
  /** Everything that can be wrong with an entry. */
  function damage(): void {
    rmSync(onTarget('d0/a'))
    writeFileSync(onTarget('d0/extra'), 'x')
    mkdirSync(onTarget('d9/extra/below'), { recursive: true })
    writeFileSync(onTarget('d1/b'), 'something longer')
    chmodSync(onTarget('d1/c'), 0o777)
    chownSync(onTarget('d2/a'), 7, 8)
    utimesSync(onTarget('d2/b'), 5, 5)
    setfacl('-m', 'u:99:rwx', onTarget('d2/c'))
    rmSync(onTarget('d2/symlink'))
    symlinkSync('/etc/shadow', onTarget('d2/symlink'))
    rmSync(onTarget('d3'), { recursive: true })
    rmSync(onTarget('d4/a'))
    mkdirSync(onTarget('d4/a/x'), { recursive: true })
    rmSync(onTarget('d6'), { recursive: true })
    symlinkSync('/tmp', onTarget('d6'))
    linkSync(onTarget('d7/a'), onTarget('d7/twin'))
    rmSync(onTarget('d8/linked'))
    renameSync(onTarget('d5'), onTarget('d5-elsewhere'))
    chmodSync(onTarget('d9'), 0o700)
  }

  it('is found out, put right and reported, in one run', async () => {
    openSite('always')
    makeTree()
    await backup()
    damage()
    expect((await differences()).length).toBeGreaterThan(20)
    const outcome = await backup()
    expect(await differences()).toEqual([])
    expect(outcome.backup.owed).toEqual([])
    const counts = outcome.backup.totals.comparison!.differences
    expect(Object.values(counts).every((count) => count > 0)).toBe(true)
    expect(counts['other-type']).toBe(2)
    // d0/extra, d9/extra, d7/twin, d5-elsewhere.
    expect(counts.extra).toBe(4)
    expect(found(await backup())).toEqual({})
  })

  it('is put right slice by slice; what a slice does not know of a lost folder comes with the next map', async () => {
    openSite(4)
    makeTree()
    await backup()
    damage()
    for (let day = 0; day < 6; day += 1) await backup()
    expect(await differences()).toEqual([])
    expect((await backup()).backup.owed).toEqual([])
  })

  it('is put right after a death at any place', async () => {
    openSite('always')
    makeTree()
    await backup()
    for (const [place, step] of [
      ['change', 3],
      ['program', 1],
      ['phase', 1],
    ] as const) {
      for (let count = 0; ; count += step) {
        damageFew(count)
        source.snapshot(DAY)
        await source.map()
        target.death = { place, count }
        let outcome = await target.run()
        const died = outcome === null
        if (died) outcome = await target.run()
        expect(await differences(), `${place} ${count}`).toEqual([])
        expect(found(outcome as Finished), `${place} ${count}`).toMatchObject({ missing: 1, extra: 1 })
        if (!died) break
      }
    }
  })

  function damageFew(count: number): void {
    rmSync(onTarget('d0/a'))
    writeFileSync(onTarget(`d0/extra${count}`), 'x')
    rmSync(onTarget('d8/linked'))
    writeFileSync(onTarget('d8/linked'), 'not a link')
    truncateSync(onTarget('d1/b'), 1)
  }

  it('does not count what the map itself brings', async () => {
    openSite('always')
    makeTree()
    await backup()
    const { fs } = source
    fs.chmod('d0/a', 0o600)
    fs.append('d0/b', 'more')
    fs.rename('d1/c', 'd2/moved')
    fs.mkdir('d2/new')
    fs.writeFile('d2/new/file', 'n')
    fs.link('d2/new/file', 'd3/file')
    fs.unlink('d4/a')
    fs.chown('d5', 5, 6)
    fs.touch('d6/a')
    const outcome = await backup()
    expect(await differences()).toEqual([])
    expect(found(outcome)).toEqual({})
    expect(outcome.backup.totals.comparison!.entryCount).toBe(source.fs.tree().length - 1)
  })

  it('keeps the inode of what needs no new one', async () => {
    openSite('always')
    makeTree()
    await backup()
    utimesSync(onTarget('d2/b'), 5, 5)
    chmodSync(onTarget('d8/linked'), 0o777)
    const before = [statSync(onTarget('d2/b')).ino, lstatSync(onTarget('d1/a')).ino]
    await backup()
    expect([statSync(onTarget('d2/b')).ino, lstatSync(onTarget('d8/linked')).ino]).toEqual(before)
  })
})

describe('a file with more links than it knows', () => {
  const name = (index: number) => `many/${'x'.repeat(100)}${index}`

  it.each(['always', 2] as const)('gets back a name that the target lost (compare_days = %s)', async (compareDays) => {
    openSite(compareDays)
    const { fs } = source
    fs.mkdir('many')
    fs.writeFile('first', '1')
    for (let index = 0; index < 90; index += 1) fs.link('first', name(index))
    await backup()
    for (const index of [0, 89]) rmSync(onTarget(name(index)))
    const reported = [found(await backup()), found(await backup())]
    expect(reported).toContainEqual({ missing: 2, 'other-attributes': 1 })
    expect(await differences()).toEqual([])
  })
})
