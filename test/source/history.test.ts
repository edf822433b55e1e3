import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceLink } from '@lustrebackup/core/state/state-link'
import { afterEach, expect, it } from 'vitest'
import { QuickSite } from '../crash/quick-site.js'
import { fastFolder } from '../fuzz/fast-folder.js'

let site: QuickSite
afterEach(() => site.close())

const numbers = (folder: string) =>
  readdirSync(folder)
    .flatMap((name) => /^\d+/.exec(name) ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)

/** Makes some, each of one more file; gives their timestamps. */
async function backups(count: number): Promise<number[]> {
  const timestamps: number[] = []
  while (timestamps.length < count) {
    const timestamp = site.source.snapshot()
    site.source.fs.writeFile(`file${timestamp}`, 'content')
    timestamps.push(timestamp)
    await site.source.map()
    await site.target.run()
  }
  return timestamps
}

it('of many backups, each side keeps the newest maps and records, and those that somebody needs', async () => {
  site = new QuickSite({ parent: fastFolder() })
  const { target } = site
  const timestamps = await backups(5)
  const { layout } = site.source
  expect(numbers(layout.folder('backupmap'))).toEqual(timestamps.slice(-2))
  expect(numbers(layout.folder('backup'))).toEqual(timestamps.slice(-2))
  expect(numbers(target.layout.folder('backup'))).toEqual(timestamps.slice(-2))
  // A verification of the oldest map that is left holds it; a killed removal has left a folder.
  replaceLink(layout.link(`inprogress_verify_${timestamps[2]!}_${timestamps[3]!}`), layout.folder('tmp'))
  writeFileSync(join(layout.folder('tmp'), 'backupmap-removed-1'), '')
  writeFileSync(join(target.layout.folder('backup'), '.1.json.0123456789ab.tmp'), '')
  const newest = await backups(1)
  expect(numbers(layout.folder('backupmap'))).toEqual([...timestamps.slice(-2), ...newest])
  expect(readdirSync(layout.folder('tmp'))).toEqual([])
  expect(existsSync(layout.backup(timestamps[3]!))).toBe(false)
  expect(readdirSync(target.layout.folder('backup')).filter((name) => name.startsWith('.'))).toEqual([])
})

it('of what is not kept any more, a verification says from where on it can be made', async () => {
  site = new QuickSite({ parent: fastFolder() })
  const { verification } = site
  const timestamps = await backups(5)
  await expect(verification.verify(undefined, 0)).rejects.toMatchObject({
    code: 'VERIFY_MAP_MISSING',
    hint: expect.stringContaining(`--start=${timestamps[2]}.`),
  })
  await verification.verify(undefined, timestamps[2])
})

it('what cannot be removed stops no backup', async () => {
  site = new QuickSite({ parent: fastFolder() })
  const { source, target } = site
  source.fs.writeFile('file', 'content')
  source.snapshot()
  await source.map()
  replaceLink(source.layout.link('last_verified'), join(source.layout.folder('verify'), 'no-timestamp'))
  expect(await target.run()).toMatchObject({ kind: 'finished' })
})
