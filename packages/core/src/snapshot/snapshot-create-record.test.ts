import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Config } from '../config/config-types.js'
import { silentLog } from '../log/silent-log.js'
import { makeMetaFolders } from '../state/durable.js'
import { metaLayout } from '../state/meta-layout.js'
import { replaceLink } from '../state/state-link.js'
import { createAndRecord } from './snapshot-create-record.js'
import type { Snapshot } from './snapshot-types.js'

const NOON = 1_700_000_000
const layout = metaLayout(mkdtempSync(join(tmpdir(), 'lustrebackup-create-')))
afterEach(() => rmSync(layout.basepath, { recursive: true, force: true }))

/** Creates at a time; gives the name, and what the MGS was asked to make. */
async function createAt(now: number) {
  makeMetaFolders(layout)
  const made: Snapshot[] = []
  const unused = () => Promise.reject(new Error('not used'))
  const create = async (name: string) => {
    const text = { createTime: '', modifyTime: '', comment: null, snapshotFsname: '01234567' }
    made.push({ name, fsname: 'src', timestamp: now, mounted: false, ours: true, ...text })
  }
  const snapshots = { list: async () => made, pieces: async () => null, create, mount: unused, umount: unused, destroy: unused }
  const config = { lustre: { fsname: 'src', mdts: ['MDT0000'], changelogUsers: ['cl1'], snapshotCreateRetries: 0 } } as unknown as Config
  const context = { config, layout, snapshots, log: silentLog, signal: new AbortController().signal, nowSeconds: () => now, sleep: unused }
  const result = await createAndRecord(null, '', context).then(
    ({ name }) => name,
    (error: unknown) => error,
  )
  return { result, made: made.map(({ name }) => name) }
}

it('is made when the clock has gone on since the last one', async () => {
  expect((await createAt(NOON)).result).toBe(`src-backup-${NOON}`)
  expect((await createAt(NOON + 1)).result).toBe(`src-backup-${NOON + 1}`)
})

it('is not made when the clock has gone back behind the last one, which would leave it without a backup', async () => {
  await createAt(NOON)
  const { result, made } = await createAt(NOON - 1)
  expect(result).toMatchObject({ code: 'CLOCK_BEHIND', message: expect.stringContaining('2023-11-14T22:13:19.000Z') })
  expect(made).toEqual([])
})

it('is not made when it would seem older than the last backup', async () => {
  makeMetaFolders(layout)
  replaceLink(layout.link('last_backup'), layout.backup(NOON + 1))
  expect((await createAt(NOON)).result).toMatchObject({ code: 'CLOCK_BEHIND' })
})
