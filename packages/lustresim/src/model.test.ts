import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SimFilesystem } from './filesystem.js'
import { decodeIndex } from './index-codec.js'
import { pathOf } from './inode.js'
import { scanTree } from './scan.js'
import { makeSim } from './testing.test-helper.js'

type Doing = 'engine' | 'outside'
type Step = readonly [
  who: Doing,
  what: 'mkdir' | 'file' | 'append' | 'link' | 'symlink' | 'rename' | 'unlink' | 'rmdir' | 'reconcile',
  a: string,
  b: string,
]

const FOLDERS = ['a', 'b'] as const
const folder = fc.constantFrom('c', 'a/d', 'a/e', 'b/d', 'b/d/e', 'c/d')
const file = fc.constantFrom('f', 'a/f', 'a/g', 'b/f', 'b/g', 'a/d/f', 'b/d/f', 'c/f')
const who = fc.constantFrom<Doing>('engine', 'outside')
const step = fc.oneof(fc.tuple(who, fc.constantFrom<Step[1]>('mkdir', 'rmdir', 'rename', 'reconcile'), folder, folder), {
  arbitrary: fc.tuple(who, fc.constantFrom<Step[1]>('file', 'file', 'append', 'link', 'symlink', 'rename', 'unlink'), file, file),
  weight: 2,
})
const steps = fc.array(step, { minLength: 10, maxLength: 50 })

const MOVED_AWAY_AND_BACK: Step[] = [
  ['engine', 'file', 'b/f', 'f'],
  ['outside', 'rename', 'b/f', 'a/g'],
  ['engine', 'rename', 'a/g', 'b/f'],
]

/** Does one thing through the engine, or in the live tree like any program. What the tree does not allow has no effect. */
function perform(fs: SimFilesystem, [who, action, a, b]: Step): void {
  const at = (name: string) => join(fs.live, name)
  const byEngine: Record<Step[1], () => unknown> = {
    mkdir: () => fs.mkdir(a),
    file: () => fs.writeFile(a, b),
    append: () => fs.append(a, b),
    link: () => fs.link(a, b),
    symlink: () => fs.symlink(b, a),
    rename: () => fs.rename(a, b),
    unlink: () => fs.unlink(a),
    rmdir: () => fs.rmdir(a),
    reconcile: () => fs.reconcile(),
  }
  const byOthers: Record<Step[1], () => unknown> = {
    mkdir: () => mkdirSync(at(a)),
    file: () => writeFileSync(at(a), b),
    append: () => writeFileSync(at(a), b, { flag: 'a' }),
    link: () => linkSync(at(a), at(b)),
    symlink: () => symlinkSync(b, at(a)),
    rename: () => renameSync(at(a), at(b)),
    unlink: () => unlinkSync(at(a)),
    rmdir: () => rmdirSync(at(a)),
    reconcile: () => fs.flush(),
  }
  try {
    if (who === 'engine') byEngine[action]()
    else byOthers[action]()
  } catch (error) {
    if (!('code' in (error as Error))) throw error
  }
}

/** What the index on disk says, and what is really there: inode number and path of every name. */
function bothSides(fs: SimFilesystem) {
  const rows = scanTree(fs.live)
  const real: string[] = []
  rows.forEach((row, at) => {
    real.push(at === 0 ? '' : [real[row.parentRow], row.name].filter((part) => part !== '').join('/'))
  })
  const inodes = decodeIndex(readFileSync(fs.core.paths.index))
  const names = inodes.flatMap((inode) =>
    (inode.links.length > 0 ? inode.links : [undefined]).map((link) => `${inode.ino} ${pathOf(inode, link)}`),
  )
  return { known: names.sort(), real: rows.map((row, at) => `${row.ino} ${real[at]}`).sort() }
}

function loggedFs(): SimFilesystem {
  const fs = makeSim().fs('src')
  fs.registerChangelog()
  for (const name of FOLDERS) fs.mkdir(name)
  return fs
}

it('knows every entry of the real tree after any operations', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const fs = loggedFs()
      for (const [, action, a, b] of sequence) if (action !== 'reconcile') perform(fs, ['engine', action, a, b])
      fs.flush()
      const { known, real } = bothSides(fs)
      expect(known).toEqual(real)
    }),
    { numRuns: 40 },
  )
})

it('knows every entry after any mixture with what other programs did, and then finds nothing more', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const fs = loggedFs()
      for (const step of sequence) perform(fs, step)
      fs.flush({ reconcile: true })
      const { known, real } = bothSides(fs)
      expect(known).toEqual(real)
      const count = () => fs.records(0).length + fs.records(1).length
      const before = count()
      fs.reconcile()
      expect(count()).toBe(before)
      fs.flush()
    }),
    { numRuns: 40, examples: [[MOVED_AWAY_AND_BACK]] },
  )
})
