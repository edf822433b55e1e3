import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MetaLayout } from '@lustrebackup/core/state/meta-layout'
import { readLink } from '@lustrebackup/core/state/state-link'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { QuickFaultSite } from './quick-fault-site.js'

let faults: QuickFaultSite
beforeEach(async () => {
  faults = new QuickFaultSite()
  faults.makeTree()
  faults.change()
  await faults.site.source.map()
  await faults.site.target.run()
  faults.change()
})
afterEach(() => faults.close())

/** As a bad disk does it: still JSON, with another number in it. */
function damage(file: string): void {
  const text = readFileSync(file, 'utf8')
  const changed = text.replace(/"startedAt": (\d)/, (_, digit: string) => `"startedAt": ${(Number(digit) % 9) + 1}`)
  expect(changed).not.toBe(text)
  writeFileSync(file, changed)
}

/** What the error says is to be done: the file and the links to it go. */
function moveAway(file: string, { basepath }: MetaLayout): void {
  rmSync(file)
  for (const name of readdirSync(basepath)) {
    const link = join(basepath, name)
    const isLink = name.startsWith('last_') || name.startsWith('inprogress_') || name.startsWith('between_')
    if (isLink && readLink(link) === file) rmSync(link)
  }
}

async function finishWithFullMap(): Promise<void> {
  const { source, target } = faults.site
  faults.change()
  await source.map({ full: true })
  expect(await target.run()).toMatchObject({ kind: 'finished', backup: { kind: 'full', owed: [] } })
  expect(await faults.differences()).toEqual([])
}

const refusal = (file: string, code = 'STATE_DAMAGED') => ({
  code,
  message: expect.stringContaining(file),
  hint: expect.stringMatching(/move it away, .*make a snapshot and a full map/),
})

it('the record of the last backup on the source, damaged or gone, stops the map; a full one leads on', async () => {
  const { source } = faults.site
  const file = readLink(source.layout.link('last_backup'))!
  damage(file)
  await expect(source.map()).rejects.toMatchObject(refusal(file))
  rmSync(file)
  await expect(source.map()).rejects.toMatchObject(refusal(file, 'STATE_MISSING'))
  writeFileSync(file, '')
  moveAway(file, source.layout)
  await finishWithFullMap()
})

it('the record of the last backup on the target, damaged, stops the backup before the source is asked; a full map leads on', async () => {
  const { source, target } = faults.site
  const file = readLink(target.layout.link('last_backup'))!
  await source.map()
  damage(file)
  await expect(target.run()).rejects.toMatchObject(refusal(file))
  expect(existsSync(source.layout.link('inprogress_backup'))).toBe(false)
  moveAway(file, target.layout)
  await finishWithFullMap()
})

it('the record of an interrupted backup, damaged, stops the next run; given up, a full map leads on', async () => {
  const { source, target } = faults.site
  await source.map()
  target.death = { place: 'phase', count: 4 }
  await target.run()
  const file = readLink(target.layout.link('inprogress_backup'))!
  damage(file)
  await expect(target.run()).rejects.toMatchObject(refusal(file))
  moveAway(file, target.layout)
  await source.abort()
  await finishWithFullMap()
})
