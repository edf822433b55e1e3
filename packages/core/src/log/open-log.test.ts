import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogLevel } from './log-types.js'
import { openLog } from './open-log.js'

let folder: string
let stderr: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-log-'))
  stderr = []
})
afterEach(() => rmSync(folder, { recursive: true }))

async function open(changes: { loglevel?: LogLevel; verbose?: boolean; logdir?: string } = {}) {
  const { log } = await openLog({
    logdir: join(folder, 'made/here'),
    logfile: 'x.log',
    loglevel: 'info',
    command: 'cmd',
    verbose: false,
    writeStderr: (line) => stderr.push(line),
    ...changes,
  })
  return log
}
const lines = (file = join(folder, 'made/here/x.log')) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

it('nothing on stderr acts on a terminal', async () => {
  const log = await open()
  log.warning('said \x1b[2J\x9b', { path: '\x9b\x7f', reason: '\x1b]0;x\x07' })
  expect(stderr).toEqual(['cmd: warning: said \\x1b[2J\\x9b (path="\\x9b\\x7f" reason="\\u001b]0;x\\u0007")'])
})

describe('the log file', () => {
  it('gets one JSON line a message, from the configured level up, with data in fields', async () => {
    const log = await open()
    log.debug('not this')
    log.with({ snapshot: 's1' }).info('mounted', { recno: 2n ** 60n, path: 'a\nb' })
    log.error('failed', { error: new Error('why') })
    expect(lines()).toMatchObject([
      { level: 'info', msg: 'mounted', command: 'cmd', pid: process.pid, snapshot: 's1', recno: '1152921504606846976', path: 'a\nb' },
      { level: 'error', msg: 'failed', error: { message: 'why' } },
    ])
    expect(lines()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  it('and its folder are for root only, and it is appended to', async () => {
    const first = await open()
    first.info('one')
    const second = await open()
    second.info('two')
    expect(lines()).toHaveLength(2)
    expect(statSync(join(folder, 'made/here')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'made/here/x.log')).mode & 0o777).toBe(0o600)
  })

  it('leaves the mode of a folder alone that was there before', async () => {
    mkdirSync(join(folder, 'old'), { mode: 0o755 })
    await open({ logdir: join(folder, 'old') })
    expect(statSync(join(folder, 'old')).mode & 0o777).toBe(0o755)
  })

  it('that cannot be opened is said once, and the run goes on', async () => {
    writeFileSync(join(folder, 'file'), '')
    const log = await open({ logdir: join(folder, 'file') })
    log.info('quiet')
    log.warning('loud')
    expect(stderr).toEqual([expect.stringMatching(/no log is written: cannot open .*file\/x\.log: /), 'cmd: warning: loud'])
  })

  it('is never a symlink', async () => {
    writeFileSync(join(folder, 'victim'), '')
    symlinkSync(join(folder, 'victim'), join(folder, 'x.log'))
    const log = await open({ logdir: folder })
    log.info('not here')
    expect(stderr[0]).toContain('no log is written')
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('')
  })
})

describe('stderr', () => {
  it('gets warnings and errors', async () => {
    const log = await open({ loglevel: 'error' })
    log.info('hidden')
    log.warning('odd', { path: 'a b', count: 2 })
    log.error('bad')
    expect(stderr).toEqual(['cmd: warning: odd (path="a b" count=2)', 'cmd: error: bad'])
    expect(lines()).toHaveLength(1)
  })

  it('gets everything with --verbose, and nothing that acts on a terminal', async () => {
    const log = await open({ verbose: true })
    log.debug('look', { name: 'a\x1b[2J' })
    expect(stderr).toEqual(['cmd: look (name="a\\u001b[2J")'])
  })
})
