import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeptDigests } from '@lustrebackup/core/filediff/kept-digests'
import { LineLog } from '@lustrebackup/core/state/line-log'
import { startCommand } from '@lustrebackup/lustresim/site/site'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../crash/bundle.js'
import { buildFaultLibrary, type Fault, withFault } from './preload.js'
import { canMount, fill, QuickFaultSite } from './quick-fault-site.js'

const MEBIBYTE = 1024 * 1024
const WHAT_TO_DO = /room|quota|full|read-only/

let faults: QuickFaultSite
beforeEach(() => {
  faults = new QuickFaultSite()
})
afterEach(() => faults.close())

/** The same command again finishes what the fault has stopped. */
async function expectFinished(): Promise<void> {
  expect(await faults.site.target.run()).toMatchObject({ kind: 'finished', backup: { owed: [] } })
  expect(await faults.differences()).toEqual([])
}

describe.skipIf(!canMount)('a target that is full', () => {
  async function backedUp(): Promise<string> {
    const folder = faults.mountTarget(6 * MEBIBYTE)
    faults.makeTree()
    faults.site.source.snapshot()
    await faults.site.source.map()
    await expectFinished()
    return folder
  }

  it.each([
    ['before it has begun', 0, 'small', 'STATE_UNWRITABLE'],
    ['while it receives files', 512 * 1024, 'small', 'RSYNC_FAILED'],
    ['while it receives large files', 512 * 1024, 'large', 'FILEDIFF_FULL'],
  ])('%s stops the backup, which goes on when there is room', async (_, leftBytes, what, code) => {
    const folder = await backedUp()
    const { fs } = faults.site.source
    if (what === 'large') fs.writeFile('still/much', Buffer.alloc(MEBIBYTE, 'much'))
    else for (let file = 0; file < 300; file += 1) fs.writeFile(`still/much${file}`, Buffer.alloc(4000, 'much'))
    faults.change()
    await faults.site.source.map()
    const makeRoom = fill(folder, leftBytes)
    await expect(faults.site.target.run()).rejects.toMatchObject({ code, hint: expect.stringMatching(WHAT_TO_DO) })
    makeRoom()
    await expectFinished()
  })

  it('names what it could not keep, and what to do', () => {
    const folder = faults.mountTarget(MEBIBYTE)
    const [digests, log] = [join(folder, 'meta/digests'), join(folder, 'meta/lines')]
    const kept = KeptDigests.open(digests, { blockSize: 4096, checksum: 'xxh128' })
    const lines = LineLog.open(log)
    fill(folder, 0)
    const untilFull = (write: (nth: number) => void) => () => {
      for (let nth = 0; nth < 10_000; nth += 1) write(nth)
    }
    const message = (file: string) => expect.stringContaining(file)
    expect(untilFull((nth) => kept.recordVoid(BigInt(nth), 1n))).toThrow(
      expect.objectContaining({ code: 'FILEDIFF_FULL', message: message(digests), hint: expect.stringMatching(WHAT_TO_DO) }),
    )
    expect(untilFull((nth) => lines.append(`line ${nth}`))).toThrow(
      expect.objectContaining({ code: 'STATE_UNWRITABLE', message: message(log), hint: expect.stringMatching(WHAT_TO_DO) }),
    )
    kept.close()
    lines.close()
  })

  it('that is read-only', async () => {
    const folder = await backedUp()
    faults.change()
    await faults.site.source.map()
    execFileSync('mount', ['-o', 'remount,ro', folder])
    await expect(faults.site.target.run()).rejects.toMatchObject({ name: 'LustrebackupError', hint: expect.stringMatching(WHAT_TO_DO) })
    execFileSync('mount', ['-o', 'remount,rw', folder])
    await expectFinished()
  })
})

describe.skipIf(!canMount)('a source whose state is on a file system that is full', () => {
  it.each([0, 12 * 1024])('with %i bytes left makes no map, and leaves none that looks whole', async (leftBytes) => {
    const folder = faults.mountSourceState(2 * MEBIBYTE)
    faults.makeTree()
    for (let file = 0; file < 300; file += 1) faults.site.source.fs.writeFile(`still/much${file}`, 'some content')
    faults.change()
    const makeRoom = fill(folder, leftBytes)
    await expect(faults.site.source.map()).rejects.toMatchObject({ name: 'LustrebackupError', hint: expect.stringMatching(WHAT_TO_DO) })
    expect(readdirSync(faults.site.source.layout.folder('backupmap'))).toEqual([])
    makeRoom()
    await faults.site.source.map()
    await expectFinished()
  })
})

describe('a quota that is exceeded', () => {
  const { EDQUOT } = constants.errno
  let folder: string
  let library: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lustrebackup-fault-'))
    library = buildFaultLibrary(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function prepare(): Promise<void> {
    faults.makeTree()
    faults.change()
    await faults.site.source.map()
    faults.site.source.fs.flush()
  }

  it('by the data of the target stops the backup, which goes on when it is raised', async () => {
    await prepare()
    const fault: Fault = { call: 'write', path: '/target/data/', errno: EDQUOT }
    faults.site.target.program('rsync', `${withFault(library, fault)}; exec /usr/bin/rsync "$@"`)
    await expect(faults.site.target.run()).rejects.toMatchObject({ code: 'RSYNC_FAILED', hint: expect.stringMatching(WHAT_TO_DO) })
    faults.site.target.program('rsync', 'exec /usr/bin/rsync "$@"')
    await expectFinished()
  })

  it.each([
    ['the state of the target', 'target', '/target/meta/'],
    ['the state of the source', 'map', '/state/'],
  ])('by %s says so by name, and harms nothing', async (_, step, path) => {
    await prepare()
    if (step === 'map') faults.change()
    faults.site.source.fs.flush()
    const { source } = faults.site
    const environment = { LD_PRELOAD: library, FAULT_CALL: 'write', FAULT_PATH: path, FAULT_ERRNO: String(EDQUOT) }
    const args = [await bundle('quick-child.ts'), source.folder, String(source.context.nowSeconds()), step]
    const result = await startCommand(process.execPath, args, environment).result
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/STATE_UNWRITABLE[\s\S]*EDQUOT/) })
    await source.map()
    await expectFinished()
  })
})
