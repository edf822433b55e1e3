import type { Fid } from '@lustrebackup/core/types/fid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SourceSite } from './source-site.js'

let site: SourceSite
beforeEach(() => {
  // Without the comparison of a slice: it would be among the lines of every map.
  site = new SourceSite({ stateOutside: true, backup: { compareDays: 0 } })
})
afterEach(() => site.close())

const fidOf = (path: string) => site.fs.fidOf(path) as Fid
const linesOf = async (owed: readonly Fid[] = []) =>
  (await site.backup(owed)).lines.filter((line) => !/^(?:recheck|opener) |^attr {2}/.test(line))

async function fullLines(): Promise<readonly string[]> {
  const timestamp = site.snapshot()
  await site.map({ full: true })
  const { lines } = await site.show(timestamp)
  return lines.filter((line) => /^compare [^de]|^hardlink/.test(line))
}

describe('a released file', () => {
  it('whose data the base has needs its attributes only', async () => {
    const { fs } = site
    fs.writeFile('a', 'content')
    await site.backup()
    fs.hsmRelease('a')
    expect(await linesOf()).toEqual(['attr a 644 released'])
    fs.chmod('a', 0o600)
    expect(await linesOf()).toEqual(['attr a 600 released'])
    // Looked at for the last time because of the release.
    expect(await linesOf()).toEqual([])
  })

  it('is marked where its data are new or others', async () => {
    const { fs } = site
    fs.writeFile('changed', 'old')
    await site.backup()
    fs.writeFile('changed', 'new')
    fs.writeFile('new', 'content')
    fs.link('new', 'new2')
    for (const path of ['changed', 'new']) fs.hsmRelease(path)
    expect(await linesOf()).toEqual(['data f changed 3 released', 'data f new new 7 and new2 released'])
  })

  it('is not taken for unchanged because another one was released there before', async () => {
    const { fs } = site
    fs.writeFile('a', 'old')
    fs.hsmRelease('a')
    await site.backup()
    fs.hsmRestore('a')
    fs.overwrite('a', 0, 'new')
    fs.hsmRelease('a')
    expect(await linesOf()).toEqual(['data f a 3 released'])
  })

  it('is in the map with its mark as long as it is owed, and without it when it is restored', async () => {
    const { fs } = site
    fs.writeFile('a', 'content')
    fs.hsmRelease('a')
    await site.backup([fidOf('a')])
    expect(await linesOf([fidOf('a')])).toEqual(['data f a 7 released'])
    expect(await linesOf([fidOf('a')])).toEqual(['data f a 7 released'])
    fs.hsmRestore('a')
    expect(await linesOf()).toEqual(['data f a 7'])
  })

  it('is named when it only moved, so that a target that lost it does not ask for its data', async () => {
    const { fs } = site
    fs.writeFile('a', 'content')
    fs.hsmRelease('a')
    await site.backup()
    fs.rename('a', 'b')
    expect(await linesOf()).toEqual(['attr b 644 released', 'move a to b', 'place b from a'])
  })

  it('is told from a file of holes', async () => {
    const { fs } = site
    await site.backup()
    fs.create('holes')
    fs.truncate('holes', 1_000_000)
    expect(await linesOf()).toEqual(['data f holes new 1000000'])
  })
})

describe('a full map', () => {
  it('marks released files, and knows of each whether the base has its data', async () => {
    const { fs } = site
    for (const path of ['same', 'changed', 'there']) fs.writeFile(path, 'content')
    fs.link('same', 'same2')
    await site.backup()
    fs.overwrite('changed', 0, 'CONTENT')
    for (const path of ['same', 'changed']) fs.hsmRelease(path)
    expect(await fullLines()).toEqual([
      'compare f changed 7 released',
      'compare f same 7 same released',
      'compare f same2 7 same released',
      'compare f there 7 same',
      'hardlink same and same2 same released',
    ])
  })

  it('does not believe that the data are the same where the base had them released, too', async () => {
    const { fs } = site
    for (const path of ['kept', 'changed']) {
      fs.writeFile(path, 'content')
      fs.hsmRelease(path)
    }
    await site.backup()
    fs.hsmRestore('changed')
    fs.overwrite('changed', 0, 'CONTENT')
    fs.hsmRelease('changed')
    expect(await fullLines()).toEqual(['compare f changed 7 released', 'compare f kept 7 same released'])
  })
})
