import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addon } from './block-file.js'
import { openSourceFile } from './source-file.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-source-'))
  mkdirSync(join(folder, 'snap/s1/d'), { recursive: true })
  writeFileSync(join(folder, 'snap/s1/d/file'), 'content')
  writeFileSync(join(folder, 'secret'), 'secret')
  symlinkSync('../../../secret', join(folder, 'snap/s1/d/link'))
  symlinkSync('../..', join(folder, 'snap/s1/up'))
  execFileSync('mkfifo', [join(folder, 'snap/s1/fifo')])
  // What a mount without root looks like.
  symlinkSync('s1', join(folder, 'snap/mounted'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const facts = { dataVersion: async () => null, isReleased: async () => false }
const open = (path: string, others = {}) =>
  openSourceFile({ api: addon(), facts, snapshotHome: join(folder, 'snap'), path: Buffer.from(path), withAttributes: false, ...others })
const at = (path: string) => join(folder, 'snap', path)

it.each(['s1/d/file', 'mounted/d/file'])('opens %s', async (path) => {
  const opened = await open(at(path))
  expect(opened.file.size).toBe(7n)
  opened.close()
})

it.each([
  ['a symlink', 's1/d/link', 'FILEDIFF_NOT_REGULAR'],
  ['what lies behind a symlink', 's1/up/s1/d/file', 'FILEDIFF_NOT_REGULAR'],
  ['a fifo', 's1/fifo', 'FILEDIFF_NOT_REGULAR'],
  ['a folder', 's1/d', 'FILEDIFF_NOT_REGULAR'],
  ['nothing', 's1/none', 'FILEDIFF_NOT_FOUND'],
  ['what is below a file', 's1/d/file/x', 'FILEDIFF_NOT_FOUND'],
])('refuses %s', async (_what, path, code) => {
  await expect(open(at(path))).rejects.toMatchObject({ code })
})

it.each(['/etc/passwd', 'relative', '', 'SNAP', 'SNAP/s1', 'SNAP/s1/../../secret', 'SNAP/./s1/d/file', 'SNAP/s1//d/file', 'SNAPs1/d/file'])(
  'refuses the path %j',
  async (path) => {
    await expect(open(path.replace('SNAP', join(folder, 'snap')))).rejects.toMatchObject({ code: 'FILEDIFF_PATH' })
  },
)

it('never reads a released file', async () => {
  const released = { ...facts, isReleased: async () => true }
  await expect(open(at('s1/d/file'), { facts: released })).rejects.toMatchObject({ code: 'FILEDIFF_RELEASED' })
})
