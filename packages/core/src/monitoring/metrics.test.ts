import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MapHeader } from '../backupmap/backupmap-types.js'
import type { Config } from '../config/config-types.js'
import { silentLog } from '../log/silent-log.js'
import type { SourceBackup } from '../source/source-backup.js'
import { metaLayout } from '../state/meta-layout.js'
import type { TargetBackup } from '../target/target-types.js'
import { runSamples, sourceSamples, targetSamples, verificationSamples } from './collect-metrics.js'
import { formatMetrics } from './format-metrics.js'
import { METRICS } from './metric-types.js'
import { writeMetrics } from './write-metrics-run.js'

const RUN = { command: 'lustrebackup_target', exitCode: 6, durationSeconds: 1.5 }
const DIFFERENCES = { missing: 1, extra: 0, 'other-type': 0, 'other-content': 0, 'other-attributes': 0, 'other-links': 0 }
const BACKUP = {
  timestamp: 1000,
  kind: 'full',
  finishedAt: 2000,
  acknowledged: true,
  phaseSeconds: { data: 2.5 },
  totals: {
    fileCount: 2n,
    contentBytes: 2n ** 60n,
    receivedBytes: 3n,
    entries: { done: 1, repaired: 4, owed: 0 },
    driftCount: 5,
    comparison: { entryCount: 9, differences: DIFFERENCES },
    incompleteDirectories: false,
  },
  owed: [],
  treeEntryCount: 7,
  treeBytes: 8n,
} as unknown as TargetBackup
const MAP = {
  kind: 'incremental',
  snapshot: { timestamp: 1000 },
  unproven: [],
  mdts: [{ mdt: 'MDT0000', recordCount: 12n }],
  counts: { touched: 1, created: 2, removed: 3, moved: 4, data: 5, attributes: 6, failed: 7, dataBytes: 8n },
  tree: { entryCount: 9, sizeBytes: 10n },
} as unknown as MapHeader
const SOURCE = { timestamp: 900, finishedAt: null, owed: [] } as unknown as SourceBackup
const run = runSamples(RUN, 3000, '1.0')
const COVERAGE = { finishedAt: 8, files: 1, bytes: 2n, oldest: 7, treeBytes: 3n, runsToCover: 4 }
const VERIFIED = { lastVerified: 900, differing: [{ timestamp: 1000, differenceCount: 3, owedCount: 0 }], coverage: COVERAGE }
const all = [...run, ...targetSamples(BACKUP, false), ...sourceSamples(SOURCE, MAP), ...verificationSamples(VERIFIED)]

it('is a text that Prometheus reads, without time stamps', () => {
  const text = formatMetrics([...run, ...targetSamples(BACKUP, true)], { side: 'target', fsname: 'a"\\b\n' })
  const [help, type, sample] = text.split('\n')
  expect([help, type, sample]).toEqual([
    `# HELP lustrebackup_build_info ${METRICS.lustrebackup_build_info}`,
    '# TYPE lustrebackup_build_info gauge',
    'lustrebackup_build_info{side="target",fsname="a\\"\\\\b\\n",command="lustrebackup_target",version="1.0"} 1',
  ])
  expect(text).toContain(',phase="data"} 2.5\n')
  expect(text).toContain(`lustrebackup_last_backup_transferred_bytes{side="target",fsname="a\\"\\\\b\\n"} ${2n ** 60n}\n`)
  for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{.*\} [0-9.]+)$/)
  expect(formatMetrics(targetSamples(null, false), {})).toContain('lustrebackup_unfinished_backup{} 0\n')
})

it('is written whole, for everybody to read, under one name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lustrebackup-metrics-'))
  const warnings: string[] = []
  const log = { ...silentLog, warning: (message: string) => void warnings.push(message) }
  const write = (metricsDir: string, command = RUN.command) => {
    const config = { monitoring: { metricsDir }, lustre: { fsname: 'dst' } } as unknown as Config
    writeMetrics({ ...RUN, command }, { config, layout: metaLayout(join(folder, 'none')), log, nowSeconds: () => 5 })
  }
  try {
    for (const target of ['', folder, folder]) write(target)
    expect(readdirSync(folder)).toEqual(['lustrebackup_target_dst.prom'])
    const file = join(folder, 'lustrebackup_target_dst.prom')
    expect(statSync(file).mode & 0o777).toBe(0o644)
    expect(readFileSync(file, 'utf8')).toContain('lustrebackup_run_exit_code{side="target",fsname="dst",command="lustrebackup_target"} 6\n')
    write(folder, 'lustrebackup_snapshot_create')
    const made = readFileSync(join(folder, 'lustrebackup_snapshot_create_dst.prom'), 'utf8')
    expect(made).toContain('lustrebackup_run_exit_code{fsname="dst",command="lustrebackup_snapshot_create"} 6\n')
    write(folder, 'lustrebackup_target_verify')
    const verified = readFileSync(join(folder, 'lustrebackup_target_verify_dst.prom'), 'utf8')
    expect(verified).toContain('lustrebackup_verification_differences{side="target",fsname="dst"} 0\n')
    expect(warnings).toEqual([])
    write(join(folder, 'missing'))
    expect(warnings).toEqual(['the metrics could not be written'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('the names', () => {
  const names = Object.keys(METRICS)
  const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
  /** Names of commands begin in the same way. */
  const usedIn = (text: string) =>
    new Set(
      (text.match(/\blustrebackup_[a-z0-9_]+/g) ?? []).filter(
        (name) => !/^lustrebackup_(target|source_map|source_verify|target_verify|snapshot_create|status)$/.test(name),
      ),
    )

  it('are all collected', () => {
    expect([...new Set(all.map(({ name }) => name))].toSorted()).toEqual(names.toSorted())
  })

  it('follow the conventions: base units last, no abbreviations', () => {
    for (const name of names) expect(name).toMatch(/^lustrebackup_[a-z_]+$/)
    for (const name of names) expect(name).not.toMatch(/_(ms|minutes|kb|mib|gib|percent)$/)
  })

  it.each(['etc/prometheus/lustrebackup-alerts.yml', 'etc/grafana/lustrebackup-dashboard.json'])('in %s are those of the code', (path) => {
    const used = usedIn(read(path))
    expect(used.size).toBeGreaterThan(5)
    expect([...used].filter((name) => !names.includes(name))).toEqual([])
  })

  it('are all shown in the dashboard or watched by an alert', () => {
    const used = new Set([
      ...usedIn(read('etc/grafana/lustrebackup-dashboard.json')),
      ...usedIn(read('etc/prometheus/lustrebackup-alerts.yml')),
    ])
    expect(names.filter((name) => !used.has(name))).toEqual([])
  })
})
