import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createExec } from '../exec/execa-exec.js'
import { silentLog } from '../log/silent-log.js'
import { hookEnvironment } from './hook-environment.js'
import { runHook } from './hook-run.js'

let folder: string
const warnings: object[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-hook-'))
})
beforeEach(() => {
  warnings.length = 0
})
afterAll(() => rmSync(folder, { recursive: true }))

const exec = createExec({ commandPath: '/usr/bin:/bin', environment: { SECRET: 'x', HOME: '/h' } })
const log = { ...silentLog, warning: (_: string, fields: object = {}) => void warnings.push(fields) }
const run = (words: readonly string[], timeoutSeconds = 60, signal?: AbortSignal) =>
  runHook(words, { name: 'hook_after', environment: ENVIRONMENT, timeoutSeconds, ...(signal && { signal }) }, { exec, log })
const ENVIRONMENT = hookEnvironment('after', 'lustrebackup_target', 6, { timestamp: 7, reportPage: '/m/report/7.html' })

function script(text: string): string {
  const path = join(folder, 'hook')
  writeFileSync(path, `#!/bin/bash\n${text}\n`, { mode: 0o755 })
  return path
}

it('passes arguments as they are, and tells in the environment what happened', async () => {
  const out = join(folder, 'out')
  await run([script(`{ printf '%s\\n' "$@"; env | sort | grep -e LUSTREBACKUP -e SECRET; } > ${out}`), 'a=b', '%41'])
  expect(readFileSync(out, 'utf8').trim().split('\n')).toEqual([
    'a=b',
    '%41',
    'LUSTREBACKUP_COMMAND=lustrebackup_target',
    'LUSTREBACKUP_EXIT_CODE=6',
    'LUSTREBACKUP_HOOK=after',
    'LUSTREBACKUP_REPORT=/m/report/7.html',
    'LUSTREBACKUP_TIMESTAMP=7',
  ])
  expect(warnings).toEqual([])
})

it('says nothing of what is not known', () => {
  expect(hookEnvironment('before', 'c', null, null)).toEqual({ LUSTREBACKUP_HOOK: 'before', LUSTREBACKUP_COMMAND: 'c' })
})

it('takes a failure, a missing program and a hook without end for a warning', async () => {
  await run([script('echo oh no >&2; exit 9')])
  await run([join(folder, 'missing')])
  await run([script('exec tail -f /dev/null')], 1)
  expect(warnings).toMatchObject([
    { hook: 'hook_after', exitCode: 9, stderr: expect.stringContaining('oh no') },
    { reason: expect.stringContaining('no such program') },
    { reason: expect.stringContaining('did not end within 1 seconds') },
  ])
})

it('is not run at all when it is not set, or when the run is stopped', async () => {
  await run([])
  await run([script('exit 1')], 60, AbortSignal.abort())
  expect(warnings).toEqual([])
})
