import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LogFields } from '../log/log-types.js'
import { silentLog } from '../log/silent-log.js'
import { makeFolder } from './durable.js'
import { type LockHolder, lockContent, ownHolder, processStartTicks } from './lock-holder.js'
import { acquireLock, lockHolder } from './locks.js'
import { metaLayout } from './meta-layout.js'

const NOW = 1_800_000_000
let folder: string
let warnings: { message: string; fields: LogFields | undefined }[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-locks-'))
  warnings = []
})
afterEach(() => rmSync(folder, { recursive: true }))

const layout = () => metaLayout(folder)
const log = { ...silentLog, warning: (message: string, fields?: LogFields) => warnings.push({ message, fields }) }
const acquire = (name = 'backup') => acquireLock(name, { layout: layout(), command: 'cmd', log, nowSeconds: NOW })
const files = () => readdirSync(join(folder, 'locks')).toSorted()

function leaveLock(changes: Partial<LockHolder>, generation = 1): void {
  makeFolder(join(folder, 'locks'))
  const holder = { ...ownHolder('old', NOW - 60), ...changes }
  writeFileSync(layout().lock('backup', generation), lockContent({ holder, released: false }))
}

it('keeps a second run out and says who holds it, where and since when', () => {
  const lock = acquire()
  expect(acquire).toThrow(`cmd, process ${process.pid} on ${hostname()}, since 2027-01-15T08:00:00.000Z`)
  expect(lockHolder('backup', layout())).toMatchObject({ pid: process.pid, command: 'cmd' })
  acquire('other').release()
  lock.release()
  lock.release()
  expect(lockHolder('backup', layout())).toBeNull()
  acquire().release()
  expect(warnings).toEqual([])
})

it('has exit code 3', () => {
  acquire()
  expect(acquire).toThrow(expect.objectContaining({ code: 'LOCKED', exitCode: 3 }))
})

it('leaves one small file behind, and no temporary ones', () => {
  for (let run = 0; run < 5; run += 1) acquire().release()
  expect(files()).toEqual(['backup.5.lock'])
})

it.each([
  ['whose process is gone', { pid: spawnSync('true').pid }],
  ['whose process id belongs to a later process', { pid: process.pid, startTicks: '1' }],
  ['from before the last boot', { bootId: 'another boot' }],
])('takes over a lock %s, with a line in the log', (_, changes) => {
  leaveLock(changes)
  expect(lockHolder('backup', layout())).toBeNull()
  const lock = acquire()
  expect(warnings).toEqual([
    { message: expect.stringContaining('taking over'), fields: { lock: 'backup', holder: expect.objectContaining(changes) } },
  ])
  lock.release()
})

it('never takes over the lock of another host, and names the file to remove', () => {
  leaveLock({ host: 'elsewhere', pid: 1, startTicks: '1' })
  expect(acquire).toThrow(expect.objectContaining({ code: 'LOCKED', hint: expect.stringContaining(layout().lock('backup', 1)) }))
  rmSync(layout().lock('backup', 1))
  acquire().release()
})

it('does not take a damaged lock for a free one', () => {
  makeFolder(join(folder, 'locks'))
  writeFileSync(layout().lock('backup', 7), '')
  expect(acquire).toThrow(layout().lock('backup', 7))
})

it('goes by the highest generation', () => {
  leaveLock({ bootId: 'old' }, 2)
  leaveLock({}, 11)
  expect(acquire).toThrow('another run holds')
})

it('sees a zombie as dead', async () => {
  // The child ends when the shell, which would wait for it, has become a program that does not.
  const parent = spawn('sh', ['-c', 'read line <&3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
  const zombie = await new Promise<number>((resolve) => parent.stdout!.once('data', (data: Buffer) => resolve(Number(data.toString()))))
  while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') await new Promise((resolve) => setImmediate(resolve))
  ;(parent.stdio[3] as Writable).end('\n')
  while (processStartTicks(zombie) !== null) await new Promise((resolve) => setImmediate(resolve))
  expect(readFileSync(`/proc/${zombie}/stat`, 'utf8')).toContain(') Z ')
  parent.kill()
})
