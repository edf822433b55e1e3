import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectEqual, openSite, prepare, snapshot, succeed } from './backup-site.js'

const INCOMPLETE = 6
const REASON = 'released to HSM: restore it on the source (lfs hsm_restore), the next backup copies it'
const LARGE = Buffer.alloc(2 * 1024 * 1024, 'large')

let site: Site
beforeAll(async () => {
  const limits = { LUSTRE: { largefile_size: '1M' } }
  site = await openSite({ sourceSettings: limits, targetSettings: limits })
})
afterAll(() => site?.close())

const onTarget = (path: string) => join(site.target.dataPath, path)

/** Runs a backup that has to leave something owed; gives what, by name. */
async function incompleteBackup(): Promise<string[]> {
  const { exitCode, stdout } = await site.run(site.target, 'lustrebackup_target', '--json')
  expect(exitCode).toBe(INCOMPLETE)
  const { owed } = JSON.parse(stdout) as { owed: { path: string; reason: string }[] }
  return owed.map(({ path, reason }) => `${path}: ${reason}`).toSorted()
}

/** In their order: each test goes on where the one before has ended. */
it('a full backup owes the released files and brings everything else', async () => {
  const { filesystem } = site.source
  filesystem.mkdir('d')
  for (const path of ['d/small', 'there', 'changed']) filesystem.writeFile(path, `content of ${path}`)
  filesystem.link('d/small', 'link')
  filesystem.writeFile('large', LARGE)
  filesystem.hsmRelease('d/small')
  filesystem.hsmRelease('large')
  await prepare(site)
  expect(await incompleteBackup()).toEqual([`d/small: ${REASON}`, `large: ${REASON}`])
  for (const path of ['d/small', 'link', 'large']) expect(existsSync(onTarget(path))).toBe(false)
  expect(readFileSync(onTarget('there'), 'utf8')).toBe('content of there')
})

it('they are owed again, wherever they go; one that the target has is released without harm', async () => {
  const { filesystem } = site.source
  filesystem.rename('d/small', 'd/moved')
  filesystem.hsmRelease('there')
  filesystem.chmod('there', 0o640)
  filesystem.writeFile('changed', 'other content')
  filesystem.hsmRelease('changed')
  await prepare(site)
  // Named by the link that stayed.
  expect(await incompleteBackup()).toEqual([`changed: ${REASON}`, `large: ${REASON}`, `link: ${REASON}`])
  expect(readFileSync(onTarget('there'), 'utf8')).toBe('content of there')
  expect(statSync(onTarget('there')).mode).toBe(0o100640)
  expect(readFileSync(onTarget('changed'), 'utf8')).toBe('content of changed')
})

it('a full map owes the same, and keeps what the target has', async () => {
  await snapshot(site)
  await succeed(site, site.source, 'lustrebackup_source_map', '--full')
  expect(await incompleteBackup()).toEqual([`changed: ${REASON}`, `d/moved: ${REASON}`, `large: ${REASON}`])
  expect(readFileSync(onTarget('there'), 'utf8')).toBe('content of there')
  expect(readFileSync(onTarget('changed'), 'utf8')).toBe('content of changed')
})

it('when they are restored, they are in the next map', async () => {
  for (const path of ['d/moved', 'large', 'there', 'changed']) site.source.filesystem.hsmRestore(path)
  await prepare(site)
  const header = JSON.parse(readFileSync(join(site.source.metaBasepath, 'last_backupmap/header.json'), 'utf8'))
  expect(header.counts).toMatchObject({ data: 4 })
})

it('the next backup copies them', async () => {
  expect(await site.run(site.target, 'lustrebackup_target')).toMatchObject({ exitCode: 0 })
  expect(readFileSync(onTarget('large'))).toEqual(LARGE)
  expect(readFileSync(onTarget('link'), 'utf8')).toBe('content of d/small')
})

it('and the trees are equal', () => expectEqual(site))
