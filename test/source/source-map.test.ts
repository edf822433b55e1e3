import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'
import { afterEach, describe, expect, it } from 'vitest'
import { SourceSite, type SourceSiteOptions } from './source-site.js'

let site: SourceSite

function open(options: SourceSiteOptions = {}): SourceSite {
  site = new SourceSite(options)
  return site
}

afterEach(() => site.close())

interface Interval {
  readonly options?: SourceSiteOptions
  before(fs: SimFilesystem): void
  change(fs: SimFilesystem): void
  /** Lines of the incremental map. */
  readonly lines: readonly string[]
  /** Fates other than kept and unchanged, and what else matters. */
  readonly counts?: object
}

const OUTSIDE = { stateOutside: true }
const nothing = () => undefined

const INTERVALS: Record<string, Interval> = {
  'nothing at all': { options: OUTSIDE, before: (fs) => fs.writeFile('a', '1'), change: nothing, lines: [], counts: { touched: 0 } },
  'a new file': {
    before: nothing,
    change: (fs) => fs.writeFile('a', 'hello'),
    lines: ['attr  755', 'data f a new 5', 'recheck a'],
    counts: { created: 1, kept: 1, dataBytes: 5n },
  },
  'a new tree': {
    before: nothing,
    change: (fs) => {
      fs.mkdir('d')
      fs.mkdir('d/e')
      fs.symlink('x', 'd/e/l')
      fs.mknod('d/p', 'fifo')
    },
    lines: ['attr  755', 'attr d 755', 'attr d/e 755', 'data l d/e/l new 0', 'data p d/p new 0', 'mkdir d', 'mkdir d/e'],
  },
  'other data of the same size, within a second': {
    before: (fs) => fs.writeFile('a', '11111'),
    change: (fs) => fs.overwrite('a', 0, '22222'),
    lines: ['data f a 5', 'recheck a'],
    counts: { data: 1 },
  },
  'a mere touch moves no data': {
    before: (fs) => fs.writeFile('a', '11111'),
    change: (fs) => fs.touch('a'),
    lines: ['attr a 644', 'recheck a'],
    counts: { kept: 1, data: 0, attributes: 1 },
  },
  chmod: { before: (fs) => fs.writeFile('a', '1'), change: (fs) => fs.chmod('a', 0o600), lines: ['attr a 600'] },
  'reading leaves no trace': {
    options: OUTSIDE,
    before: (fs) => fs.writeFile('a', '1'),
    change: (fs) => fs.read('a'),
    lines: [],
    counts: { touched: 0 },
  },
  'a file is removed': {
    before: (fs) => fs.writeFile('a', '1'),
    change: (fs) => fs.unlink('a'),
    lines: ['attr  755', 'remove f a'],
    counts: { removed: 1 },
  },
  'made and removed': {
    before: nothing,
    change: (fs) => {
      fs.writeFile('a', '1')
      fs.unlink('a')
    },
    lines: ['attr  755'],
    counts: { temporary: 1, kept: 1 },
  },
  'a rename': {
    before: (fs) => fs.writeFile('a', '1'),
    change: (fs) => fs.rename('a', 'b'),
    lines: ['attr  755', 'move a to b', 'place b from a'],
    counts: { moved: 1 },
  },
  'a swap of two files': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.writeFile('b', '2')
    },
    change: (fs) => {
      fs.rename('a', 't')
      fs.rename('b', 'a')
      fs.rename('t', 'b')
    },
    lines: ['attr  755', 'move a to b', 'move b to a', 'place a from b', 'place b from a'],
  },
  'a directory moves: what is in it has no record and needs none': {
    options: OUTSIDE,
    before: (fs) => {
      fs.mkdir('d')
      fs.writeFile('d/f', '1')
    },
    change: (fs) => fs.rename('d', 'e'),
    lines: ['attr  755', 'move d to e', 'place e from d'],
    counts: { touched: 2 },
  },
  'd/f before and after are different places': {
    before: (fs) => {
      fs.mkdir('d')
      fs.writeFile('d/f', '1')
    },
    change: (fs) => {
      fs.rename('d', 'e')
      fs.mkdir('d')
      fs.rename('e/f', 'd/f')
    },
    lines: ['attr  755', 'attr d 755', 'attr e 755', 'mkdir d', 'move d to e', 'move d/f to d/f', 'place d/f from d/f', 'place e from d'],
  },
  'a rename over another file': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.writeFile('b', '2')
    },
    change: (fs) => fs.rename('a', 'b'),
    lines: ['attr  755', 'move a to b', 'place b from a', 'remove f b'],
  },
  'a rename over one of two links': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.writeFile('b', '2')
      fs.link('b', 'c')
    },
    change: (fs) => fs.rename('a', 'b'),
    lines: ['attr  755', 'attr c 644', 'move a to b', 'place b from a', 'remove f b'],
  },
  'a further link': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.mkdir('d')
    },
    change: (fs) => fs.link('a', 'd/b'),
    lines: ['attr a 644', 'attr d 755', 'link d/b to a'],
    counts: { moved: 1 },
  },
  'a new file with two names': {
    before: nothing,
    change: (fs) => {
      fs.writeFile('b', '12')
      fs.link('b', 'a')
    },
    lines: ['attr  755', 'data f a new 2 and b', 'recheck a'],
  },
  'one of two links is removed': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.link('a', 'b')
    },
    change: (fs) => fs.unlink('a'),
    lines: ['attr  755', 'attr b 644', 'remove f a'],
    counts: { removed: 0, kept: 2 },
  },
  'the first link goes while another comes': {
    before: (fs) => {
      fs.writeFile('a', '1')
      fs.link('a', 'b')
    },
    change: (fs) => {
      fs.unlink('a')
      fs.link('b', 'c')
    },
    lines: ['attr  755', 'attr b 644', 'link c to b', 'remove f a'],
  },
  'made, renamed and written': {
    before: nothing,
    change: (fs) => {
      fs.create('a')
      fs.rename('a', 'b')
      fs.append('b', 'xyz')
    },
    lines: ['attr  755', 'data f b new 3', 'recheck b'],
  },
  'removed and made again under the same name': {
    before: (fs) => fs.writeFile('a', '1'),
    change: (fs) => {
      fs.unlink('a')
      fs.writeFile('a', '2')
    },
    lines: ['attr  755', 'data f a new 1', 'recheck a', 'remove f a'],
  },
  'a directory leaves the area with everything below': {
    options: { dataPath: 'data' },
    before: (fs) => {
      fs.mkdir('out')
      fs.mkdir('data/d')
      fs.mkdir('data/d/e')
      fs.writeFile('data/d/e/f', '123')
    },
    change: (fs) => fs.rename('data/d', 'out/d'),
    lines: ['attr  755', 'remove d d and all below', 'remove d d/e and all below', 'remove f d/e/f'],
    counts: { removed: 3 },
  },
  'a directory enters the area with everything below': {
    options: { dataPath: 'data' },
    before: (fs) => {
      fs.mkdir('out')
      fs.mkdir('out/d')
      fs.mkdir('out/d/e')
      fs.writeFile('out/d/e/f', '123')
      fs.writeFile('data/a', '1')
      fs.link('data/a', 'out/d/a')
    },
    change: (fs) => fs.rename('out/d', 'data/d'),
    lines: ['attr  755', 'attr d 755', 'attr d/e 755', 'data f d/e/f new 3', 'link d/a to a', 'mkdir d', 'mkdir d/e'],
    counts: { created: 3, moved: 1 },
  },
  'what is outside of the area is excluded': {
    options: { ...OUTSIDE, dataPath: 'data' },
    before: nothing,
    change: (fs) => fs.writeFile('a', '1'),
    lines: [],
    counts: { excluded: 2, touched: 2 },
  },
  'names that are no UTF-8, and a newline': {
    before: nothing,
    change: (fs) => {
      fs.writeFile(Buffer.from([0xff, 0x0a]), '1')
    },
    lines: ['attr  755', `data f ${Buffer.from([0xff, 0x0a])} new 1`, 'recheck \ufffd\n'],
  },
  'a directory moves to another MDT: nothing is copied again': {
    options: { mdts: 2 },
    before: (fs) => {
      fs.mkdir('d', { mdt: 0 })
      fs.writeFile('d/f', '1')
      fs.writeFile('d/g', '1')
    },
    change: (fs) => {
      fs.migrate('d', 1)
      fs.rename('d/g', 'h')
    },
    lines: ['attr  755', 'attr d 755', 'move d/g to h', 'place h from d/g', 'recheck d/f', 'recheck h'],
    counts: { created: 0, removed: 0, data: 0 },
  },
}

describe('source_map, an interval', () => {
  it.each(Object.keys(INTERVALS))('%s', async (name) => {
    const { options, before, change, lines, counts = {} } = INTERVALS[name]!
    const { fs } = open(options)
    before(fs)
    const first = await site.backup()
    change(fs)
    const { header, lines: shown } = await site.backup()
    expect(shown.filter((line) => !line.startsWith('opener'))).toEqual([...lines].toSorted())
    expect(header.counts).toMatchObject({ failed: 0, ...counts })
    expect(header.base?.timestamp).toBe(first.header.snapshot.timestamp)
    const again = await fullMapOfNow()
    expect(header.tree).toEqual(again.header.tree)
  })
})

/** The tree as a full map counts it: what the incremental ones carried forward must agree with it. */
async function fullMapOfNow() {
  const timestamp = site.snapshot()
  await site.map({ full: true })
  return await site.show(timestamp)
}

describe('source_map, first run', () => {
  it('walks everything but its own state, and counts the tree', async () => {
    const { fs } = open()
    fs.mkdir('d')
    fs.writeFile('d/a', 'hello')
    fs.link('d/a', 'b')
    fs.symlink('d/a', 'l')
    fs.mknod('p', 'fifo')
    const timestamp = site.snapshot()
    const result = await site.map()
    expect(result).toMatchObject({ kind: 'made', reasons: ['there is no finished backup yet'] })
    const { header, lines } = await site.show(timestamp)
    expect(lines).toEqual([
      'attr  755',
      'compare d d 0',
      'compare directory ',
      'compare directory d',
      'compare end  4',
      'compare end d 1',
      'compare f b 5',
      'compare f d/a 5',
      'compare l l 0',
      'compare p p 0',
      'hardlink b and d/a',
    ])
    expect(header).toMatchObject({
      kind: 'full',
      base: null,
      tree: { entryCount: 5, sizeBytes: 5n },
      counts: { touched: 5, created: 5, failed: 0 },
    })
  })
})
