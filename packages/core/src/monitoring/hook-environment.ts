import { reportPageOf } from '../report/stored-report.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import { loadTargetBackup } from '../target/target-state.js'

/** What is finished on this side after a run, be it by this run or by an earlier one. */
export interface LastFinished {
  /** Of the source snapshot. */
  readonly timestamp: number
  readonly reportPage: string | null
}

/** What a hook is told. What is not known is not there. */
export function hookEnvironment(
  hook: 'before' | 'after' | 'failure',
  command: string,
  exitCode: number | null,
  finished: LastFinished | null,
): Readonly<Record<string, string>> {
  return {
    LUSTREBACKUP_HOOK: hook,
    LUSTREBACKUP_COMMAND: command,
    ...(exitCode !== null && { LUSTREBACKUP_EXIT_CODE: String(exitCode) }),
    ...(finished !== null && { LUSTREBACKUP_TIMESTAMP: String(finished.timestamp) }),
    ...(finished !== null && finished.reportPage !== null && { LUSTREBACKUP_REPORT: finished.reportPage }),
  }
}

/** The last backup of a target; the last map of a source. null when there is none, or the state cannot be read. */
export function lastFinished(command: string, layout: MetaLayout): LastFinished | null {
  try {
    if (command !== 'lustrebackup_target') {
      const timestamp = linkedTimestamp(layout.link('last_backupmap'))
      return timestamp === null ? null : { timestamp, reportPage: null }
    }
    const last = loadTargetBackup(layout, 'last_backup')
    return last && { timestamp: last.timestamp, reportPage: reportPageOf(layout, last) }
  } catch {
    return null
  }
}
