import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHasher } from '@lustrebackup/core/filediff/hashes'
import { type Site, startCommand } from '@lustrebackup/lustresim/site/site'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { backup, openSite, succeed } from '../backup/backup-site.js'
import { changeSmallTree, makeSmallTree } from '../backup/small-tree.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
const timestamps: number[] = []
beforeAll(async () => {
  site = await openSite()
  makeSmallTree(site.source.filesystem)
  timestamps.push(await backup(site))
})
afterAll(() => site?.close())

const verify = async (...args: readonly string[]) =>
  JSON.parse(await succeed(site, site.source, 'lustrebackup_source_verify', '--json', ...args))

/** The same after a kill, which leaves a lock behind. */
async function verifyAfterKill(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await site.run(site.source, 'lustrebackup_source_verify', '--json', ...args)
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(/^.*taking over a lock.*\n$/) })
  return JSON.parse(stdout)
}

function linesOf(timestamp: number, kind: string): Record<string, unknown>[] {
  const folder = join(site.source.metaBasepath, 'verify', String(timestamp))
  const files = readdirSync(folder).filter((name) => name.startsWith(`${kind}.`))
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  )
}

/** What the snapshot has at a path, as its servers hold it. */
function inSnapshot(path: string): string {
  const { core, snapshots } = site.source.filesystem
  return join(core.paths.snapshot(snapshots.list()[0]!.fsname).tree, path)
}

const sortedPaths = (lines: readonly Record<string, unknown>[]) => lines.map(({ path }) => path).toSorted()

it('covers everything from the first backup on', async () => {
  const made = await verify()
  expect(made).toMatchObject({ outcome: 'made', whole: true, start: 0, timestamp: timestamps[0], backups: timestamps, counts: { gone: 0 } })
  const { entryCount } = await site.compare()
  const names = linesOf(timestamps[0]!, 'names').flatMap((line) => line.names)
  // The root is in no directory.
  expect(names).toHaveLength(entryCount - 1)
  expect(linesOf(timestamps[0]!, 'content')).toHaveLength(made.counts.files)
  expect(await verify()).toEqual({ outcome: 'nothing-newer', start: timestamps[0] })
})

it('covers what several backups changed, under the names of the newest one', async () => {
  for (let round = 1; round <= 2; round += 1) {
    changeSmallTree(site.source.filesystem, round)
    timestamps.push(await backup(site))
  }
  const made = await verify()
  expect(made).toMatchObject({ whole: false, start: timestamps[0], timestamp: timestamps[2], backups: timestamps.slice(1) })
  const [news, results] = [
    [0, 1, 2, 3],
    [0, 1, 2, 3, 5],
  ]
  expect(sortedPaths(linesOf(timestamps[2]!, 'content'))).toEqual([
    ...results.map((file) => `data/runs/result${file}`),
    ...news.slice(1).map((file) => `round1/new${file}`),
    ...news.map((file) => `round2/new${file}`),
  ])
  const hasher = await openHasher('xxh128')
  for (const { path, size, checksum } of linesOf(timestamps[2]!, 'content')) {
    const bytes = readFileSync(inSnapshot(String(path)))
    expect({ path, size, checksum }).toEqual({ path, size: bytes.length, checksum: Buffer.from(hasher.digest(bytes)).toString('hex') })
  }
  expect(sortedPaths(linesOf(timestamps[2]!, 'names'))).toEqual(['', 'docs', 'round1', 'round2'])
})

it('leaves nothing mounted and nothing to do behind', () => {
  expect(site.sim.mounts().filter(({ target }) => target.startsWith(site.source.snapshotHome))).toEqual([])
  expect(readdirSync(join(site.source.metaBasepath, 'tmp'))).toEqual([])
  expect(readdirSync(site.source.metaBasepath).filter((name) => name.startsWith('inprogress'))).toEqual([])
})

describe('a verification that was interrupted', () => {
  /** Runs until a checkpoint has been kept, of which a kill is the end. */
  async function killed(): Promise<void> {
    const args = ['-c', site.source.conf, '-i', '0', '-s', `${timestamps[2]}`]
    const order = { LUSTREBACKUP_CRASH_AT: 'state-file.renamed done.json' }
    const { exitCode } = await startCommand(join(site.prefix, 'bin/lustrebackup_source_verify'), args, order).result
    expect(exitCode).toBeNull()
  }
  const workFolder = () => join(site.source.metaBasepath, `tmp/verify-source-${timestamps.at(-1)}`)
  const done = () => JSON.parse(readFileSync(join(workFolder(), 'done.json'), 'utf8')).tasks
  const inodes = (folder: string, files: readonly string[]) => files.map((file) => lstatSync(join(folder, file)).ino)

  beforeAll(async () => {
    site.source.filesystem.mkdir('many')
    for (let file = 0; file < 1100; file += 1) site.source.filesystem.writeFile(`many/file${file}`, `${file}`)
    timestamps.push(await backup(site))
  })

  it('keeps its snapshot, and is resumed with what it had done', async () => {
    await killed()
    const refused = await site.run(site.source, 'lustrebackup_snapshot_destroy', '-t', `${timestamps.at(-1)}`)
    expect(refused.stderr).toMatch(/is not destroyed: /)
    const finished = done()
    expect(finished.length).toBeGreaterThan(0)
    const files = finished.flatMap((task: { parts: { file: string }[] }) => task.parts.map(({ file }) => file))
    const before = inodes(join(workFolder(), 'parts'), files)
    const made = await verifyAfterKill('--resume')
    expect(made).toMatchObject({ resumed: true, start: timestamps[2], counts: { files: 1100 } })
    expect(inodes(made.folder, files)).toEqual(before)
    expect(linesOf(timestamps.at(-1)!, 'content')).toHaveLength(1100)
  })

  it('is begun anew without --resume', async () => {
    await killed()
    const made = await verifyAfterKill('-s', `${timestamps[2]}`)
    expect(made).toMatchObject({ resumed: false, counts: { files: 1100 } })
    expect(readdirSync(join(site.source.metaBasepath, 'tmp'))).toEqual([])
  })
})

describe('a part of what changed', () => {
  it('is what was renamed', async () => {
    const made = await verify('-s', `${timestamps[0]}`, '-e', `${timestamps[2]}`, '--renamed-only')
    expect(made.filter).toEqual({ renamedOnly: true, modifiedSince: null })
    expect(sortedPaths(linesOf(timestamps[2]!, 'entry'))).toEqual(['docs'])
  })

  it('is what was modified since', async () => {
    const since = 2_000_000_000
    const made = await verify('-s', `${timestamps[0]}`, '-e', `${timestamps[2]}`, '-m', `${since}`)
    expect(made).toMatchObject({ counts: { entries: 0 }, filter: { modifiedSince: since } })
  })

  it('leaves the next verification to begin where the last whole one ended', async () => {
    expect(await verify()).toEqual({ outcome: 'nothing-newer', start: timestamps.at(-1) })
  })
})
