import { reasonOf } from '../errors/errors.js'
import { loadTargetBackup } from '../target/target-state.js'
import { gatherReport, type ReportPorts } from './gather-report-run.js'
import { reportPageOf, saveReport } from './stored-report.js'

/**
 * Makes sure that the last finished backup has a report, and gives the path of its page. One that is there stays as it is; one that an
 * interrupted run could not make is made now. Never throws: a backup is no worse for a report that is missing.
 */
export async function leaveReport(ports: ReportPorts): Promise<string | null> {
  const { layout, log } = ports
  try {
    const last = loadTargetBackup(layout, 'last_backup')
    if (last === null) return null
    return reportPageOf(layout, last) ?? saveReport(layout, await gatherReport(last, ports))
  } catch (error) {
    log.warning('no report of the backup could be made; the backup itself is finished', { reason: reasonOf(error) })
    return null
  }
}
