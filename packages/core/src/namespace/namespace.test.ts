import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { percentEncode } from '../types/path-bytes.js'
import { openStaging } from './staging-run.js'
import { describeDisk, describeModel, transferModel, writeModel } from './testing/model-disk.js'
import { planModel, writeModelMap, writeSteps } from './testing/model-map.js'
import { type ModelNode, ModelTree } from './testing/model-tree.js'
import { makeNamespaceSite, type NamespaceSite, openTestTree } from './testing/namespace-site.js'

let site: NamespaceSite
beforeEach(() => {
  site = makeNamespaceSite()
})
afterEach(() => site.remove())

/** Paths with a slash at the end are directories, `a=b` is a hard link a to b, `a->` is a symlink. */
function tree(...paths: string[]): ModelTree {
  const model = new ModelTree()
  for (const path of paths) {
    const { parent, name } = split(model, path.replace(/(\/|->|=.*)$/, ''))
    const target = /=(.*)$/.exec(path)?.[1]
    if (target !== undefined) model.link(model.at(target), parent, name)
    else model.make(parent, name, path.endsWith('/') ? 'd' : path.endsWith('->') ? 'l' : 'f')
  }
  return model
}

function split(model: ModelTree, path: string): { parent: ModelNode; name: string } {
  const slash = path.lastIndexOf('/')
  return { parent: slash === -1 ? model.root : model.at(path.slice(0, slash)), name: path.slice(slash + 1) }
}

function move(model: ModelTree, from: string, to: string): void {
  const [a, b] = [split(model, from), split(model, to)]
  model.rename(a.parent, a.name, b.parent, b.name)
}

function remove(model: ModelTree, path: string): void {
  const { parent, name } = split(model, path)
  model.remove(parent, name)
}

function make(model: ModelTree, path: string, type: 'f' | 'd' | 'l' = 'f'): void {
  const { parent, name } = split(model, path)
  model.make(parent, name, type)
}

function link(model: ModelTree, path: string, to: string): void {
  const { parent, name } = split(model, path)
  model.link(model.at(to), parent, name)
}

/** From S0 through the operations to S1 on disk. */
async function apply(s0: ModelTree, ...operations: ((s1: ModelTree) => void)[]) {
  const s1 = s0.clone()
  for (const operation of operations) operation(s1)
  writeModel(s0, site.data)
  return { s1, ...(await run(s0, s1)) }
}

async function run(s0: ModelTree, s1: ModelTree) {
  const found = await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1))
  transferModel(planModel(s0, s1), s1, site.data)
  return found
}

describe('an interval', () => {
  it.each<[string, ModelTree, ((s1: ModelTree) => void)[]]>([
    ['swap of two files', tree('a', 'b'), [(t) => move(t, 'a', 'x'), (t) => move(t, 'b', 'a'), (t) => move(t, 'x', 'b')]],
    [
      'swap of two directories',
      tree('a/', 'a/1', 'b/', 'b/2'),
      [(t) => move(t, 'a', 'x'), (t) => move(t, 'b', 'a'), (t) => move(t, 'x', 'b')],
    ],
    [
      'swap of parent and child',
      tree('p/', 'p/c/', 'p/c/f', 'p/g'),
      [(t) => move(t, 'p/c', 'c'), (t) => move(t, 'p', 'c/p'), (t) => move(t, 'c', 'p'), (t) => move(t, 'p/p', 'p/c')],
    ],
    [
      'cycle of three',
      tree('a/', 'a/1', 'b/', 'c/', 'c/3'),
      [(t) => move(t, 'a', 'x'), (t) => move(t, 'b', 'a'), (t) => move(t, 'c', 'b'), (t) => move(t, 'x', 'c')],
    ],
    [
      'directory moved below its former child',
      tree('a/', 'a/b/', 'a/b/c/', 'a/b/c/f'),
      [(t) => move(t, 'a/b', 'b'), (t) => move(t, 'a', 'b/c/a')],
    ],
    ['name reused by a directory', tree('a'), [(t) => remove(t, 'a'), (t) => make(t, 'a', 'd'), (t) => make(t, 'a/f')]],
    ['name reused by a symlink', tree('a/', 'a/f'), [(t) => move(t, 'a/f', 'f'), (t) => remove(t, 'a'), (t) => make(t, 'a', 'l')]],
    [
      'd renamed, d made again, f moved in',
      tree('d/', 'd/f', 'd/g'),
      [(t) => move(t, 'd', 'e'), (t) => make(t, 'd', 'd'), (t) => move(t, 'e/f', 'd/f')],
    ],
    ['rename over a file with other links', tree('a', 'b', 'd/', 'd/b=b'), [(t) => move(t, 'a', 'b')]],
    ['rename over an empty directory', tree('a/', 'a/f', 'b/'), [(t) => move(t, 'a', 'b')]],
    [
      'links added, moved and removed across directories, the first one removed',
      tree('a', 'd/', 'd/b=a', 'd/c=a', 'e/'),
      [(t) => remove(t, 'a'), (t) => move(t, 'd/c', 'e/c'), (t) => link(t, 'e/n', 'd/b')],
    ],
    [
      'all links moved',
      tree('a', 'd/', 'd/b=a'),
      [(t) => move(t, 'a', 'd/x'), (t) => move(t, 'd/b', 'y'), (t) => link(t, 'z', 'y'), (t) => t.write(t.at('y'))],
    ],
    [
      'moved directory whose children moved out, in, and went',
      tree('d/', 'd/out', 'd/gone', 'd/stays', 'in', 'e/'),
      [(t) => move(t, 'd', 'e/d'), (t) => move(t, 'e/d/out', 'out'), (t) => remove(t, 'e/d/gone'), (t) => move(t, 'in', 'e/d/in')],
    ],
    ['create, rename, write', tree('a/'), [(t) => make(t, 'n'), (t) => move(t, 'n', 'a/n'), (t) => t.write(t.at('a/n'))]],
    [
      'delete and recreate',
      tree('a', 'd/', 'd/f'),
      [(t) => remove(t, 'a'), (t) => make(t, 'a'), (t) => remove(t, 'd'), (t) => make(t, 'd', 'd')],
    ],
    ['symlinks and links to them', tree('s->', 'd/', 'd/t=s'), [(t) => move(t, 's', 'd/s'), (t) => link(t, 'u', 'd/t')]],
  ])('%s', async (_, s0, operations) => {
    const { s1, drifts } = await apply(s0, ...operations)
    expect(describeDisk(site.data)).toEqual(describeModel(s1))
    expect(drifts).toEqual([])
    expect(existsSync(join(site.folder, 'staging'))).toBe(false)
  })

  it('removes a directory that left the area with everything below, but what moved out of it', async () => {
    const s0 = tree('d/', 'd/sub/', 'd/sub/f', 'd/kept', 'x')
    const s1 = s0.clone()
    move(s1, 'd/kept', 'kept')
    remove(s1, 'd')
    const touched = [s0.at('d').fid, s0.at('d/kept').fid]
    const steps = planModel(s0, s1)
      .filter((step) => 'fid' in step.entry && touched.includes(step.entry.fid))
      .map((step) => (step.kind === 'remove' ? { ...step, entry: { ...step.entry, tree: true } } : step))
    writeModel(s0, site.data)
    const { drifts } = await site.apply(writeSteps(join(site.folder, 'map'), steps))
    expect(describeDisk(site.data)).toEqual(describeModel(s1))
    expect(drifts).toEqual([])
  })

  it('handles 300 levels, names of 255 bytes and paths of more than 4000', async () => {
    const s0 = new ModelTree()
    let at = s0.root
    for (let level = 0; level < 300; level += 1) at = s0.make(at, 'directory', 'd')!
    s0.make(at, 'f', 'f')
    let long = s0.root
    for (let level = 0; level < 15; level += 1) long = s0.make(long, 'n'.repeat(255), 'd')!
    s0.make(long, 'e'.repeat(190), 'f')
    const s1 = s0.clone()
    const top = s1.root.children.get('directory')!
    s1.rename(s1.root, 'directory', s1.root, 'renamed')
    s1.rename(top.children.get('directory')!, 'directory', s1.root, 'tail')
    s1.rename(s1.root, 'n'.repeat(255), s1.root, 'm'.repeat(255))
    s1.write(s1.entries().find(({ name }) => name.startsWith('e'))!.node)
    writeModel(s0, site.data)
    await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1))
    const paths = (lines: readonly string[]) => lines.map((line) => line.split(' | ')[0])
    expect(paths(describeDisk(site.data))).toEqual(paths(describeModel(s1)))
  })
})

describe('a target that has drifted', () => {
  const show = (drifts: readonly { kind: string; path: Buffer }[]) =>
    drifts.map(({ kind, path }) => `${kind} ${percentEncode(path)}`).toSorted()

  /** S0 on disk, then the disturbance, then the map. */
  async function drifted(s0: ModelTree, disturb: () => void, ...operations: ((s1: ModelTree) => void)[]) {
    const s1 = s0.clone()
    for (const operation of operations) operation(s1)
    writeModel(s0, site.data)
    disturb()
    const found = await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1))
    return { ...found, shown: show(found.drifts), left: describeDisk(site.data).map((line) => line.split(' | ')[0]) }
  }

  const at = (path: string) => join(site.data, path)

  it('puts a missing file with all its names on the repair list', async () => {
    const { shown, repairs } = await drifted(
      tree('a', 'd/'),
      () => rmSync(at('a')),
      (t) => move(t, 'a', 'd/a'),
      (t) => link(t, 'd/b', 'd/a'),
    )
    expect(shown).toEqual(['missing-file d/a', 'missing-file d/b'])
    expect(repairs.map(({ path, links }) => [path.toString(), ...links.map(String)])).toEqual([['d/a', 'd/b']])
  })

  it('makes a missing directory again, so that what belongs in it has a place', async () => {
    const { shown, left } = await drifted(
      tree('d/', 'd/f', 'g'),
      () => rmSync(at('d'), { recursive: true }),
      (t) => move(t, 'd', 'e'),
      (t) => move(t, 'g', 'e/g'),
    )
    expect(shown).toEqual(['missing-directory e'])
    expect(left).toEqual(['e', 'e/g'])
  })

  it('makes a missing parent that the map does not name', async () => {
    const { shown, left } = await drifted(
      tree('d/', 'd/e/', 'g'),
      () => rmSync(at('d'), { recursive: true }),
      (t) => move(t, 'g', 'd/e/g'),
    )
    expect(shown).toEqual(['missing-directory d', 'missing-directory d/e'])
    expect(left).toEqual(['d', 'd/e', 'd/e/g'])
  })

  it('removes what is in the way of an object, of a directory and of a link', async () => {
    const { shown, left } = await drifted(
      tree('a', 'd/'),
      () => {
        mkdirSync(at('d/a/full'), { recursive: true })
        writeFileSync(at('n'), '')
        writeFileSync(at('l'), '')
      },
      (t) => link(t, 'l', 'a'),
      (t) => move(t, 'a', 'd/a'),
      (t) => make(t, 'n', 'd'),
    )
    expect(shown).toEqual(['in-the-way d/a', 'in-the-way l', 'in-the-way n'])
    expect(left).toEqual(['d', 'd/a', 'l', 'n'])
  })

  it('does not believe a directory to be its own that was there before', async () => {
    const { shown, left } = await drifted(
      tree('a'),
      () => mkdirSync(at('n/foreign'), { recursive: true }),
      (t) => make(t, 'n', 'd'),
    )
    expect(shown).toEqual(['in-the-way n'])
    expect(left).toEqual(['a', 'n'])
  })

  it('removes a directory that should have been empty', async () => {
    const { shown, left } = await drifted(
      tree('d/', 'x'),
      () => writeFileSync(at('d/foreign'), ''),
      (t) => remove(t, 'd'),
    )
    expect(shown).toEqual(['not-empty d'])
    expect(left).toEqual(['x'])
  })

  it('removes entries of another type than expected', async () => {
    const { shown, left } = await drifted(
      tree('a', 'd/', 'm/'),
      () => {
        for (const path of ['a', 'd', 'm']) rmSync(at(path), { recursive: true })
        mkdirSync(at('a/b'), { recursive: true })
        writeFileSync(at('d'), '')
        writeFileSync(at('m'), '')
      },
      (t) => remove(t, 'a'),
      (t) => remove(t, 'd'),
      (t) => move(t, 'm', 'n'),
    )
    expect(shown).toEqual(['in-the-way a', 'in-the-way d', 'in-the-way m', 'missing-directory n'])
    expect(left).toEqual(['n'])
  })

  it('never follows a symlink that has taken the place of a directory', async () => {
    const outside = join(site.folder, 'outside')
    mkdirSync(join(outside, 'sub'), { recursive: true })
    for (const name of ['gone', 'moved', 'linked']) writeFileSync(join(outside, name), 'precious')
    const s0 = tree('d/', 'd/gone', 'd/moved', 'd/linked', 'd/sub/', 'in')
    const { shown } = await drifted(
      s0,
      () => {
        rmSync(at('d'), { recursive: true })
        symlinkSync(outside, at('d'))
      },
      (t) => remove(t, 'd/gone'),
      (t) => remove(t, 'd/sub'),
      (t) => move(t, 'd/moved', 'moved'),
      (t) => move(t, 'in', 'd/in'),
      (t) => link(t, 'd/again', 'd/linked'),
      (t) => make(t, 'd/new', 'd'),
    )
    expect(readdirSync(outside).toSorted()).toEqual(['gone', 'linked', 'moved', 'sub'])
    expect(readFileSync(join(outside, 'moved'), 'utf8')).toBe('precious')
    expect(shown).toEqual(['in-the-way d', 'missing-directory d', 'missing-file d/again', 'missing-file d/linked', 'missing-file moved'])
    expect(readdirSync(at('d')).toSorted()).toEqual(['in', 'new'])
  })

  it('removes a planted symlink itself, not what it points to', async () => {
    const outside = join(site.folder, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'f'), '')
    await drifted(
      tree('d/', 'd/f', 'x'),
      () => symlinkSync(outside, at('d/planted')),
      (t) => remove(t, 'd'),
    )
    expect(readdirSync(outside)).toEqual(['f'])
  })

  it('reports again after a crash what it found before', async () => {
    const s0 = tree('a', 'b', 'd/')
    const s1 = s0.clone()
    move(s1, 'a', 'd/a')
    move(s1, 'b', 'd/b')
    writeModel(s0, site.data)
    rmSync(at('a'))
    const { drifts } = await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1), 1)
    expect(show(drifts)).toEqual(['missing-file d/a'])
    expect(readdirSync(at('d'))).toEqual(['b'])
  })

  it.each([1, 2, 3])('is not taken for what comes to its place, after a crash at change %i either', async (crashAt) => {
    const s0 = tree('a', 'd/')
    const s1 = s0.clone()
    move(s1, 'a', 'd/a')
    writeModel(s0, site.data)
    const { ino } = statSync(at('a'))
    writeFileSync(at('d/a'), 'of somebody else')
    await site.apply(writeModelMap(join(site.folder, 'map'), s0, s1), crashAt)
    expect(readdirSync(site.data, { recursive: true }).toSorted()).toEqual(['d', 'd/a'])
    expect(statSync(at('d/a')).ino).toBe(ino)
  })

  it('keeps objects that have no place in S1, and says so', async () => {
    const s0 = tree('a')
    const s1 = s0.clone()
    move(s1, 'a', 'b')
    writeModel(s0, site.data)
    const map = writeModelMap(join(site.folder, 'map'), s0, s1)
    const contradictory = { ...map, header: { ...map.header, parts: map.header.parts.filter((part) => part.kind !== 'place') } }
    await expect(site.apply(contradictory)).rejects.toThrow(expect.objectContaining({ code: 'STAGING_NOT_EMPTY', exitCode: 5 }))
    expect(readdirSync(join(site.folder, 'staging'))).toEqual([s0.at('a').fid.slice(1, -1).replaceAll(':', '-')])
  })
})

it('refuses a map whose paths are not where their part says', async () => {
  const s0 = tree('d/', 'd/a')
  const s1 = s0.clone()
  remove(s1, 'd/a')
  writeModel(s0, site.data)
  const map = writeModelMap(join(site.folder, 'map'), s0, s1)
  const parts = map.header.parts.map((part) => (part.kind === 'remove' ? { ...part, depth: 1 } : part))
  await expect(site.apply({ ...map, header: { ...map.header, parts } })).rejects.toThrow('not of depth 1')
  expect(existsSync(join(site.data, 'd/a'))).toBe(true)
})

it('refuses a staging folder on another file system before anything is changed', async () => {
  const data = openTestTree('/proc')
  await expect(openStaging(join(site.folder, 'staging'), data, openTestTree)).rejects.toThrow(
    expect.objectContaining({ code: 'STAGING_OTHER_FILE_SYSTEM', exitCode: 2 }),
  )
  data.close()
})
