import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log, LogFields } from '@lustrebackup/core/log/log-types'
import { silentLog } from '@lustrebackup/core/log/silent-log'
import type { Lustre } from '@lustrebackup/core/lustre/lustre-port'
import { nativeLustre } from '@lustrebackup/core/lustre/native-lustre'
import { openLustreapi } from '@lustrebackup/core/lustre/open-lustreapi'
import { type FlushOutcome, type FlushPorts, type FlushRequest, runFlush } from '@lustrebackup/core/snapshot/flush-run'
import { Lustresim } from '@lustrebackup/lustresim/sim'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const OLD = 'old content'
const NEW = 'new content'
const START = 1_800_000_000

let folder: string
let sim: Lustresim
let now: number
let lustre: Lustre
const live = () => sim.fs('src')
const mount = () => join(folder, 'mnt')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-flush-'))
  now = START
  sim = Lustresim.create(join(folder, 'sim'), { filesystems: [{ name: 'src', mdts: 2, osts: 2 }], now: () => BigInt(now) * 1_000_000_000n })
  sim.mount('src', mount())
  live().registerChangelog()
  lustre = nativeLustre(openLustreapi(sim.library), 8)
})
afterEach(() => {
  sim.destroy()
  rmSync(folder, { recursive: true })
})

/** Two files in folders on either MDT, overwritten by a client that keeps the data to itself. */
function overwriteUnflushed(): void {
  for (const [mdt, path] of ['a', 'b'].entries()) {
    live().mkdir(path, { mdt })
    live().writeFile(`${path}/f`, OLD)
  }
  now += 600
  for (const path of ['a', 'b']) live().overwrite(`${path}/f`, 0, NEW, { unflushed: true })
  live().flush()
}

/** What a snapshot made now has of the two files. */
function snapshotContents(): string[] {
  const { fsname } = live().snapshot('s')
  const { tree } = live().core.paths.snapshot(fsname)
  return ['a/f', 'b/f'].map((path) => readFileSync(join(tree, path), 'utf8'))
}

async function flush(request: Partial<FlushRequest> = {}, ports: Partial<FlushPorts> = {}): Promise<FlushOutcome> {
  return await runFlush(
    { fsname: 'src', mdts: ['MDT0000', 'MDT0001'], dataMount: mount(), sinceSeconds: now - 60, fromRecnos: new Map(), ...request },
    { lustre, log: silentLog, signal: new AbortController().signal, limit: new AbortController().signal, ...ports },
  )
}

function diaryLog(): { readonly log: Log; readonly warnings: LogFields[] } {
  const warnings: LogFields[] = []
  return { warnings, log: { ...silentLog, warning: (_message, fields = {}) => void warnings.push(fields) } }
}

const lastRecnos = () => new Map([0, 1].map((mdt) => [`MDT000${mdt}`, BigInt(live().records(mdt).at(-1)!.index)]))

describe('data that a client has not written out', () => {
  it('are missing in a snapshot', () => {
    overwriteUnflushed()
    expect(snapshotContents()).toEqual([OLD, OLD])
  })

  it('are in the snapshot after a flush, on every MDT', async () => {
    overwriteUnflushed()
    expect(await flush()).toEqual({ fileCount: 2, lastRecnos: lastRecnos() })
    expect(snapshotContents()).toEqual([NEW, NEW])
  })

  it('stay where they are when they were written longer ago', async () => {
    overwriteUnflushed()
    now += 120
    expect((await flush()).fileCount).toBe(0)
    expect(snapshotContents()).toEqual([OLD, OLD])
  })

  it('are found from a known record on, and from the beginning of a log that is shorter than that', async () => {
    overwriteUnflushed()
    const [mdt0, mdt1] = [...lastRecnos().values()]
    const fromRecnos = new Map([
      ['MDT0000', mdt0!],
      ['MDT0001', mdt1! + 1000n],
    ])
    expect(await flush({ fromRecnos })).toEqual({ fileCount: 2, lastRecnos: lastRecnos() })
    expect(snapshotContents()).toEqual([NEW, NEW])
  })
})

it('passes over what is gone by now', async () => {
  overwriteUnflushed()
  live().unlink('a/f')
  live().flush()
  expect((await flush()).fileCount).toBe(1)
})

describe('never fails', () => {
  it('when a log cannot be read, and says so', async () => {
    overwriteUnflushed()
    const { log, warnings } = diaryLog()
    expect(await flush({ mdts: ['MDT0009', 'MDT0000'] }, { log })).toMatchObject({ fileCount: 1 })
    expect(warnings).toEqual([{ mdt: 'MDT0009', reason: expect.stringContaining('MDT0009') }])
    expect(snapshotContents()).toEqual([NEW, OLD])
  })

  it('when it takes too long, even in the middle of a batch that hangs', async () => {
    overwriteUnflushed()
    const { log, warnings } = diaryLog()
    const limit = new AbortController()
    const hanging: Lustre = {
      ...lustre,
      openTree: (point) => ({
        ...lustre.openTree(point),
        flush: () => {
          queueMicrotask(() => limit.abort())
          return new Promise(() => undefined)
        },
      }),
    }
    expect((await flush({}, { lustre: hanging, log, limit: limit.signal })).lastRecnos).toEqual(lastRecnos())
    expect(warnings).toEqual([{ reason: 'it took too long', writerCount: 2 }])
  })

  it('unless the whole run is stopped', async () => {
    overwriteUnflushed()
    const signal = AbortSignal.abort(new Error('stopped'))
    await expect(flush({}, { signal })).rejects.toThrow('stopped')
  })
})
