import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backup, openSite, prepare, succeed } from './backup-site.js'

const MEBIBYTE = 1024 * 1024
let site: Site
beforeAll(async () => {
  const limits = { LUSTRE: { largefile_size: '1M', hugefile_size: '8M' } }
  site = await openSite({ sourceSettings: limits, targetSettings: limits })
})
afterAll(() => site?.close())

const write = (path: string, bytes: number, fill: string) => site.source.filesystem.overwrite(path, 0, Buffer.alloc(bytes, fill))
const run = async () => JSON.parse(await succeed(site, site.target, 'lustrebackup_target', '--json'))
const keptFiles = () => readdirSync(join(site.target.metaBasepath, 'filediff'))

/** In their order: each test goes on where the one before has ended. */
it('large and huge files come block by block, with their hard links', async () => {
  const { filesystem } = site.source
  filesystem.create('large')
  write('large', 3 * MEBIBYTE, 'a')
  filesystem.create('huge')
  write('huge', 20 * MEBIBYTE, 'b')
  filesystem.mkdir('d')
  filesystem.link('huge', 'd/link')
  filesystem.create('small')
  write('small', 1000, 'c')
  await backup(site)
  expect(keptFiles()).toHaveLength(2)
  expect(statSync(join(site.target.dataPath, 'd/link')).ino).toBe(statSync(join(site.target.dataPath, 'huge')).ino)
})

it('of a large file that changed a little, little crosses the network', async () => {
  site.source.filesystem.overwrite('huge', 5 * MEBIBYTE, 'changed')
  await prepare(site)
  const { totals } = await run()
  expect((await site.compare()).differences).toEqual([])
  expect(Number(totals.receivedBytes)).toBeLessThan(3 * MEBIBYTE)
})

it('a large file that is removed takes its kept digests along, one that moves keeps them', async () => {
  site.source.filesystem.unlink('large')
  site.source.filesystem.rename('huge', 'moved')
  await backup(site)
  expect(keptFiles()).toHaveLength(1)
  expect(existsSync(join(site.target.dataPath, 'moved'))).toBe(true)
})

it('a large file that grows past a limit, and one that shrinks below it', async () => {
  const { filesystem } = site.source
  write('small', 2 * MEBIBYTE, 'd')
  filesystem.truncate('moved', 1000)
  await backup(site)
  expect(readFileSync(join(site.target.dataPath, 'small')).length).toBe(2 * MEBIBYTE)
})
