import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, Site } from '@lustrebackup/lustresim/site/site'
import { makeTree } from '@lustrebackup/lustresim/site/workload'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openSite, prepare, succeed } from '../backup/backup-site.js'
import { withSettings } from '../backup/settings.js'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let site: Site
let folder: string
let source: Host
let target: Host
let timestamp: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-monitoring-'))
  const hook = join(folder, 'hook')
  writeFileSync(
    hook,
    `#!/bin/bash\necho "$LUSTREBACKUP_HOOK $LUSTREBACKUP_COMMAND $LUSTREBACKUP_EXIT_CODE $LUSTREBACKUP_TIMESTAMP $LUSTREBACKUP_REPORT|$*|" >> ${folder}/calls\nexit 1\n`,
  )
  chmodSync(hook, 0o755)
  const monitoring = { metrics_dir: folder, hook_before: `${hook} a b`, hook_after: hook, hook_failure: hook }
  site = await openSite({ mdts: 1 })
  source = withSettings(site.source, { MONITORING: { metrics_dir: folder } })
  target = withSettings(site.target, { MONITORING: monitoring })
})
afterAll(async () => {
  await site?.close()
  rmSync(folder, { recursive: true, force: true })
})

const calls = () => {
  const file = join(folder, 'calls')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  rmSync(file, { force: true })
  return lines
}
const metrics = (name: string) => readFileSync(join(folder, name), 'utf8')
const page = () => join(site.target.metaBasepath, `report/${timestamp}.html`)

it('a backup leaves a report, metrics, and what its hooks were told; hooks that fail change nothing', async () => {
  makeTree(site.source.filesystem)
  timestamp = await prepare(site)
  await succeed(site, source, 'lustrebackup_source_map', '-n')
  expect(readdirSync(folder)).toEqual(['hook'])
  await succeed(site, source, 'lustrebackup_source_map')
  const { exitCode, stdout, stderr } = await site.run(target, 'lustrebackup_target')
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(new RegExp(`^report: +${page()}$`, 'm')) })
  expect(stderr).toContain('a hook failed')
  expect(calls()).toEqual(['before lustrebackup_target   |a b|', `after lustrebackup_target 0 ${timestamp} ${page()}||`])
  expect(statSync(page()).mode & 0o777).toBe(0o600)
  expect(readFileSync(page(), 'utf8')).toContain(`Full backup of src-backup-${timestamp}`)
  const said = metrics('lustrebackup_target_dst.prom')
  expect(said).toContain('lustrebackup_run_exit_code{side="target",fsname="dst",command="lustrebackup_target"} 0\n')
  expect(said).toContain(`lustrebackup_last_backup_snapshot_timestamp_seconds{side="target",fsname="dst"} ${timestamp}\n`)
  expect(metrics('lustrebackup_source_map_src.prom')).toContain(
    `lustrebackup_last_map_snapshot_timestamp_seconds{side="source",fsname="src"} ${timestamp}\n`,
  )
})

it('status leads to the report', async () => {
  const { stdout } = await site.run(site.target, 'lustrebackup_status', '--role', 'target', '--max-age', '36500d')
  expect(stdout).toMatch(new RegExp(`^report: +${page()}$`, 'm'))
})

it('a run with nothing to do makes no other report, and a dry run is none that monitoring is told of', async () => {
  const { ino } = statSync(page())
  await site.run(target, 'lustrebackup_target')
  expect(statSync(page()).ino).toBe(ino)
  expect(calls()).toHaveLength(2)
  const before = metrics('lustrebackup_target_dst.prom')
  await site.run(target, 'lustrebackup_target', '-n')
  expect(calls()).toEqual([])
  expect(metrics('lustrebackup_target_dst.prom')).toBe(before)
})

it('what else runs unattended leaves metrics, and calls no hook', async () => {
  await succeed(site, target, 'lustrebackup_snapshot_cleanup', '--mounts-only')
  expect(calls()).toEqual([])
  expect(metrics('lustrebackup_snapshot_cleanup_dst.prom')).toContain(
    'lustrebackup_run_exit_code{fsname="dst",command="lustrebackup_snapshot_cleanup"} 0\n',
  )
})

it('a run that fails is told with its exit code, and the figures of the last backup stay', async () => {
  const lost = withSettings(target, { BACKUP: { rsync_command: '/nowhere/rsync' } })
  const { exitCode } = await site.run(lost, 'lustrebackup_target')
  expect(exitCode).not.toBe(0)
  expect(calls().map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
    'before lustrebackup_target  ',
    `failure lustrebackup_target ${exitCode} ${timestamp}`,
    `after lustrebackup_target ${exitCode} ${timestamp}`,
  ])
  const said = metrics('lustrebackup_target_dst.prom')
  expect(said).toContain(`command="lustrebackup_target"} ${exitCode}\n`)
  expect(said).toContain(`lustrebackup_last_backup_snapshot_timestamp_seconds{side="target",fsname="dst"} ${timestamp}\n`)
})
