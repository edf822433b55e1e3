import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Owed } from '@lustrebackup/core/transfer/owed-types'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TargetSide } from '../fuzz/target-side.js'
import { SourceSite } from '../source/source-site.js'

let source: SourceSite
let target: TargetSide
/** FIDs that the source is told are owed, beside those that are. */
let alsoOwed: string[]

beforeEach(() => {
  source = new SourceSite({ stateOutside: true, mounts: 'symlink', workers: 1 })
  alsoOwed = []
  const done = async (timestamp: number, owed: readonly Owed[]) =>
    void (await source.done(timestamp, [...owed.map(({ fid }) => fid), ...(alsoOwed as Owed['fid'][])]))
  const commands = { init: () => source.init(), look: () => source.look(), done, abort: async () => void (await source.abort()) }
  target = new TargetSide(source.folder, source.config, commands, source.context.nowSeconds)
})
afterEach(() => source.close())

async function backup() {
  const timestamp = source.snapshot()
  await source.map()
  const outcome = await target.run()
  const { fsname } = source.fs.snapshots.list().find(({ name }) => name === `src-backup-${timestamp}`)!
  const { differences } = await compareTrees(source.fs.core.paths.snapshot(fsname).tree, target.data, { exclude: [] })
  expect(differences).toEqual([])
  expect(outcome).toMatchObject({ kind: 'finished', backup: { owed: [] } })
  return outcome
}

const inode = (path: string) => lstatSync(join(target.data, path)).ino

it.each([
  ['data_path itself', ''],
  ['a directory', 'd'],
])('%s that is owed is looked at with everything below, and nothing of it is removed', async (_, path) => {
  source.fs.mkdir('d')
  source.fs.mkdir('d/sub')
  source.fs.writeFile('d/sub/file', 'content')
  alsoOwed = [source.fs.fidOf(path)]
  await backup()
  const before = ['d', 'd/sub', 'd/sub/file'].map(inode)
  alsoOwed = []
  const outcome = await backup()
  expect(outcome).toMatchObject({ backup: { totals: { driftCount: 0 } } })
  expect(['d', 'd/sub', 'd/sub/file'].map(inode)).toEqual(before)
})

it('what is missing of a directory that is owed is made again', async () => {
  source.fs.mkdir('d')
  source.fs.mkdir('d/sub')
  source.fs.writeFile('d/sub/file', 'content')
  alsoOwed = [source.fs.fidOf('d')]
  await backup()
  target.damage('d/sub', 'remove')
  await backup()
})
