import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadMap } from '../backupmap/map-folder.js'
import { ModelTree } from '../namespace/testing/model-tree.js'
import { BackupSite } from '../target/testing/backup-site.js'
import { countChanges } from './count-changes-run.js'
import { leaveReport } from './leave-report-run.js'
import { removeOldReports } from './stored-report.js'

let site: BackupSite
beforeEach(() => {
  site = new BackupSite()
})
afterEach(() => site.close())

const NOW = 1_700_000_000
const report = () => leaveReport({ ...site.ports(), nowSeconds: () => NOW })
const folder = () => join(site.meta, 'report')
const load = (timestamp: number) => JSON.parse(readFileSync(join(folder(), `${timestamp}.json`), 'utf8'))

function firstTree(): ModelTree {
  const model = new ModelTree()
  const evil = model.make(model.root, '<script>alert(1)', 'd')!
  model.make(model.make(evil, 'b"&', 'd')!, 'deep', 'f')
  model.make(evil, 'linked', 'f')
  model.link(model.at('<script>alert(1)/linked'), model.root, 'link')
  model.make(model.root, 'gone', 'f')
  return model
}

describe('the report of a backup', () => {
  it('is made once, for us alone, of a full and of an incremental one', async () => {
    const first = firstTree()
    site.source.offer(1000, first, null)
    await site.run()
    const page = join(folder(), '1000.html')
    expect(await report()).toBe(page)
    expect(statSync(page).mode & 0o777).toBe(0o600)
    expect(load(1000)).toMatchObject({ kind: 'full', changes: { kinds: { present: { entryCount: 6 } }, foldersApproximate: false } })
    const { ino } = statSync(page)
    expect(await report()).toBe(page)
    expect(statSync(page).ino).toBe(ino)

    const second = first.clone()
    second.remove(second.root, 'gone')
    second.make(second.root, 'new', 'f')
    second.write(second.at('<script>alert(1)/b"&/deep'))
    site.source.offer(2000, second, { base: 1000, s0: first })
    await site.run()
    expect(await report()).toBe(join(folder(), '2000.html'))
    const { changes, history } = load(2000)
    expect(changes.kinds).toMatchObject({ created: { entryCount: 1 }, data: { entryCount: 1 }, removed: { entryCount: 1 } })
    expect(changes.folders.map(({ path }: { path: string }) => path)).toContain('<script>alert(1)/b"&')
    expect(history.map(({ timestamp }: { timestamp: number }) => timestamp)).toEqual([1000, 2000])
    const html = readFileSync(join(folder(), '2000.html'), 'utf8')
    expect(html).toContain('Incremental backup of')
    expect(html).toContain('&lt;script&gt;alert(1)')
    expect(html).not.toMatch(/<script|<img|https?:\/\/|url\(|@import/)
  })

  it('is made of what is left where the map is gone, and again where it is damaged', async () => {
    site.source.offer(1000, firstTree(), null)
    await site.run()
    rmSync(join(site.meta, 'backupmap'), { recursive: true })
    expect(await report()).toBe(join(folder(), '1000.html'))
    expect(load(1000)).toMatchObject({ changes: null, counts: null })
    writeFileSync(join(folder(), '1000.json'), '{')
    expect(await report()).toBe(join(folder(), '1000.html'))
    expect(load(1000).madeAt).toBe(NOW)
  })

  it('that cannot be made is a warning', async () => {
    site.source.offer(1000, firstTree(), null)
    await site.run()
    rmSync(folder(), { recursive: true })
    writeFileSync(folder(), '')
    expect(await report()).toBeNull()
    expect(site.warnings).toEqual(['no report of the backup could be made; the backup itself is finished'])
  })

  it('looks at so many entries of the map only, and says so', async () => {
    site.source.offer(1000, firstTree(), null)
    await site.run()
    const { signal, layout } = site.ports()
    const map = loadMap(layout, 1000)!
    const { countedEntries, entryCount, kinds } = await countChanges(map, signal, 1)
    expect(countedEntries).toBeLessThan(entryCount)
    expect(kinds.present.entryCount).toBeLessThan(6)
    await expect(countChanges(map, AbortSignal.abort())).rejects.toThrow('aborted')
  })

  it('is not made before there is a backup', async () => {
    expect(await report()).toBeNull()
  })
})

it('keeps the newest reports, and what is none of ours', () => {
  mkdirSync(folder(), { recursive: true })
  for (const name of ['1.json', '1.html', '2.html', '10.json', '10.html', 'notes', '.1.html.00ff00ff00ff.tmp'])
    writeFileSync(join(folder(), name), '')
  removeOldReports(folder(), 2)
  expect(readdirSync(folder()).toSorted()).toEqual(['10.html', '10.json', '2.html', 'notes'])
})
