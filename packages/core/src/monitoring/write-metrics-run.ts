import { chmodSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadMap } from '../backupmap/map-folder.js'
import type { Config } from '../config/config-types.js'
import type { Side } from '../config/detect-role.js'
import { reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import { loadBackup } from '../source/source-backup.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { writeSynced } from '../state/state-file.js'
import { linkedTimestamp } from '../state/state-link.js'
import { loadTargetBackup } from '../target/target-state.js'
import { loadVerifiedState } from '../verify/verified-state.js'
import { VERSION } from '../version.js'
import { runSamples, sourceSamples, targetSamples, verificationSamples } from './collect-metrics.js'
import { formatMetrics } from './format-metrics.js'
import type { Sample } from './metric-types.js'
import type { FinishedRun } from './monitoring-types.js'

/** The exporter is another user. */
const MODE = 0o644

export interface MetricsPorts {
  readonly config: Config
  readonly layout: MetaLayout
  readonly log: Log
  nowSeconds(): number
}

/** Leaves `COMMAND_FSNAME.prom` in `metrics_dir`: whoever reads sees the old file or the new one. Never throws. */
export function writeMetrics(run: FinishedRun, { config, layout, log, nowSeconds }: MetricsPorts): void {
  const { metricsDir } = config.monitoring
  if (metricsDir === '') return
  const { fsname } = config.lustre
  try {
    const text = formatMetrics([...runSamples(run, nowSeconds(), VERSION), ...stateSamples(run.command, layout, log)], {
      ...sideLabel(run.command),
      fsname,
    })
    // A target without Lustre has no name of a file system.
    replaceReadable(metricsDir, `${[run.command, fsname].filter((word) => word !== '').join('_')}.prom`, text)
  } catch (error) {
    log.warning('the metrics could not be written', { folder: metricsDir, reason: reasonOf(error) })
  }
}

/** Snapshots are made on both sides, by commands that are the same. */
function sideLabel(command: string): { readonly side?: Side } {
  const side = /^lustrebackup_(source|target)/.exec(command)?.[1]
  return side === undefined ? {} : { side: side as Side }
}

/** What the state says after the runs of some commands; of the others, the end of the run is all. */
const STATE_SAMPLES: Readonly<Record<string, (layout: MetaLayout) => Sample[]>> = {
  lustrebackup_target: targetState,
  lustrebackup_source_map: sourceState,
  lustrebackup_source_verify: verifiedState,
  lustrebackup_target_verify: verifiedState,
}

/** Where the state cannot be read, the end of the run is told all the same. */
function stateSamples(command: string, layout: MetaLayout, log: Log): Sample[] {
  try {
    return STATE_SAMPLES[command]?.(layout) ?? []
  } catch (error) {
    log.warning('the metrics do without the state', { reason: reasonOf(error) })
    return []
  }
}

function verifiedState(layout: MetaLayout): Sample[] {
  return verificationSamples(loadVerifiedState(layout))
}

function targetState(layout: MetaLayout): Sample[] {
  return targetSamples(loadTargetBackup(layout, 'last_backup'), linkedTimestamp(layout.link('inprogress_backup')) !== null)
}

function sourceState(layout: MetaLayout): Sample[] {
  const timestamp = linkedTimestamp(layout.link('last_backupmap'))
  return sourceSamples(loadBackup(layout, 'last_backup'), timestamp === null ? null : (loadMap(layout, timestamp)?.header ?? null))
}

/** Under a name that the exporter does not read, then renamed; what a killed run has left is removed first. */
function replaceReadable(folder: string, name: string, text: string): void {
  const temporary = join(folder, `.${name}.tmp`)
  rmSync(temporary, { force: true })
  writeSynced(temporary, text)
  chmodSync(temporary, MODE)
  renameSync(temporary, join(folder, name))
}
