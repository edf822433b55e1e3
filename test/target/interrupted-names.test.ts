import type { Owed } from '@lustrebackup/core/transfer/owed-types'
import { compareTrees } from '@lustrebackup/lustresim/site/compare-trees'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { TargetSide } from '../fuzz/target-side.js'
import { SourceSite } from '../source/source-site.js'

let source: SourceSite
let target: TargetSide

beforeEach(() => {
  source = new SourceSite({ stateOutside: true, mounts: 'symlink', workers: 1 })
  const done = async (timestamp: number, owed: readonly Owed[]) =>
    void (await source.done(
      timestamp,
      owed.map(({ fid }) => fid),
    ))
  const commands = { init: () => source.init(), look: () => source.look(), done, abort: async () => void (await source.abort()) }
  target = new TargetSide(source.folder, source.config, commands, source.context.nowSeconds)
})
afterEach(() => source.close())

/** With `dieAt` the run of the target dies at that change of the tree and is run again. */
async function backup(dieAt: number | null = null) {
  const timestamp = source.snapshot()
  await source.map()
  target.death = dieAt === null ? null : { place: 'change', count: dieAt }
  const outcome = (await target.run()) ?? (await target.run())
  const { fsname } = source.fs.snapshots.list().find(({ name }) => name === `src-backup-${timestamp}`)!
  const { differences } = await compareTrees(source.fs.core.paths.snapshot(fsname).tree, target.data, { exclude: [] })
  expect(differences).toEqual([])
  expect(outcome).toMatchObject({ kind: 'finished', backup: { owed: [] } })
  return outcome
}

it.each([0, 1, 2, 3, 4])('what a run that died at change %i had made already is not taken for drift', async (count) => {
  source.fs.mkdir('d')
  source.fs.mkdir('d/sub')
  source.fs.writeFile('d/sub/file', 'content')
  await backup()
  source.fs.mkdir('new')
  source.fs.rename('d/sub', 'new/sub')
  source.fs.mkdir('d/sub')
  source.fs.rename('d', 'e')
  expect(await backup(count)).toMatchObject({ continued: true, backup: { totals: { driftCount: 0, fileCount: 0n } } })
})
