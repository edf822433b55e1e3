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

it('of many backups, each side keeps the newest maps and records, and those that somebody needs', async () => {
  site = new QuickSite({ parent: fastFolder() })
  const { source, target } = site
  const timestamps: number[] = []
  const backup = async () => {
    source.fs.writeFile(`file${timestamps.length}`, 'content')
    timestamps.push(source.snapshot())
    await source.map()
    await target.run()
  }
  for (let count = 0; count < 5; count += 1) await backup()
  const { layout } = source
  expect(numbers(layout.folder('backupmap'))).toEqual(timestamps.slice(-3))
  expect(numbers(layout.folder('backup'))).toEqual(timestamps.slice(-3))
  expect(numbers(target.layout.folder('backup'))).toEqual(timestamps.slice(-3))
  // A verification of the oldest map that is left holds it; a killed removal has left a folder.
  replaceLink(layout.link(`inprogress_verify_${timestamps[1]!}_${timestamps[2]!}`), layout.folder('tmp'))
  writeFileSync(join(layout.folder('tmp'), 'backupmap-removed-1'), '')
  await backup()
  expect(numbers(layout.folder('backupmap'))).toEqual([timestamps[2], ...timestamps.slice(-3)])
  expect(readdirSync(layout.folder('tmp'))).toEqual([])
  expect(existsSync(layout.backup(timestamps[2]!))).toBe(false)
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
