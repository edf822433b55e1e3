import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Site } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { backup, expectRefusal, openSite, prepare, succeed } from '../backup/backup-site.js'
import { makeSmallTree } from '../backup/small-tree.js'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

/** A target that keeps one state only, its tree. */
let site: Site
let timestamp: number
beforeAll(async () => {
  site = await openSite({ targetSettings: { BACKUP: { snapshot_backend: 'none' } } })
  makeSmallTree(site.source.filesystem)
  timestamp = await backup(site)
  await succeed(site, site.source, 'lustrebackup_source_verify')
})
afterAll(() => site?.close())

const verify = (...args: readonly string[]) => site.run(site.target, 'lustrebackup_target_verify', ...args)

it('is verified by its tree, and sampled', async () => {
  const { exitCode, stdout } = await verify()
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: expect.stringContaining(`compared with ${site.target.dataPath}: no difference`),
  })
  expect(await verify('--sample', '100')).toMatchObject({ exitCode: 0 })
  expect(existsSync(join(site.target.metaBasepath, `verify/${timestamp}.json`))).toBe(true)
})

it('is found to differ', async () => {
  chmodSync(join(site.target.dataPath, 'docs/readme'), 0o600)
  const { exitCode, stdout } = await verify('-s', `${timestamp}`)
  expect({ exitCode, stdout }).toEqual({
    exitCode: 4,
    stdout: expect.stringMatching(/^ {2}.*readme: mode: 0644 on the source, 0600 on the target$/m),
  })
})

it('shows no state but that of the last backup', async () => {
  site.source.filesystem.writeFile('docs/new', 'new')
  await prepare(site)
  await succeed(site, site.target, 'lustrebackup_target')
  expectRefusal(await verify('-s', `${timestamp}`), 1, `cannot show the state src-backup-${timestamp}`, 'before the next backup')
})
