import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ExecOptions } from '../exec/exec-port.js'
import { silentLog } from '../log/silent-log.js'
import { defer } from '../types/deferred.js'
import { type ListContext, runLists } from './list-run.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-lists-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const lists = () => ['first', 'second'].map((name) => ({ file: join(folder, name), pathCount: 1, sizeBytes: 1n, isSmall: false }))
const isMarked = () => lists().map(({ file }) => existsSync(`${file}.done`))

/** One stream of an rsync that brings everything at once; `started` is told of each. */
function context(started: (options: ExecOptions) => void, sync: () => Promise<void>): ListContext {
  return {
    exec: {
      run: async (_command, _args, options) => {
        started(options)
        return { exitCode: 0, signal: null, stdout: Buffer.alloc(0), stderr: '' }
      },
    },
    settings: { rsyncCommand: 'rsync', sshConfig: '', host: 'source', remoteFolder: '/s1', localFolder: '/t' },
    nprocs: 1,
    signal: new AbortController().signal,
    log: silentLog,
    sync,
    remount: async () => undefined,
    elapsedSeconds: () => 0,
    progress: () => undefined,
  }
}

it('a list is under way while what the one before brought is put on disk, and is marked when it is there', async () => {
  const secondStarted = defer<void>()
  let count = 0
  const started = () => {
    count += 1
    if (count === 2) secondStarted.resolve()
  }
  const marks: boolean[][] = []
  const sync = async () => {
    await secondStarted.promise
    marks.push(isMarked())
  }
  await runLists('data', lists(), context(started, sync))
  expect(marks[0]).toEqual([false, false])
  expect(isMarked()).toEqual([true, true])

  await runLists('data', lists(), context(started, sync))
  expect(count).toBe(2)
})

it('nothing is marked that cannot be put on disk, and the lists that are left are not begun', async () => {
  let count = 0
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
  const many = Array.from({ length: 50 }, (_, index) => ({ file: join(folder, `${index}`), pathCount: 1, sizeBytes: 1n, isSmall: false }))
  const run = runLists(
    'data',
    many,
    context(
      () => {
        count += 1
      },
      () => Promise.reject(full),
    ),
  )
  await expect(run).rejects.toBe(full)
  expect(count).toBeLessThan(many.length)
  expect(many.some(({ file }) => existsSync(`${file}.done`))).toBe(false)
})

it('the ssh that rsync starts does not give its buffer back to the system with each packet', async () => {
  const seen: ExecOptions['environment'][] = []
  const keep = ({ environment }: ExecOptions) => seen.push(environment)
  await runLists(
    'data',
    lists(),
    context(keep, async () => undefined),
  )
  expect(seen).toEqual(
    lists().map(() => expect.objectContaining({ MALLOC_MMAP_THRESHOLD_: '33554432', MALLOC_TRIM_THRESHOLD_: '67108864' })),
  )
})
