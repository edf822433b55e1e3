import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MetaLayout } from '../state/meta-layout.js'
import { loadState, replaceFile, saveState } from '../state/state-file.js'
import { asFormat } from '../state/state-shape.js'
import type { TargetBackup } from '../target/target-types.js'
import { renderReport } from './render-report.js'
import { reportDocument } from './report-document.js'
import { REPORT_FORMAT, REPORT_VERSION, type Report } from './report-types.js'

/** Reports that are kept: more than a year of daily backups. */
const KEEP = 400

/** The page of this very backup; null when there is none, or a damaged one. A snapshot may be backed up again, which is another backup. */
export function reportPageOf(layout: MetaLayout, { timestamp, headerDigest, finishedAt }: TargetBackup): string | null {
  const page = layout.reportPage(timestamp)
  try {
    const isOurs = loadState(layout.report(timestamp), (value) => {
      const fields = asFormat(value, REPORT_FORMAT, REPORT_VERSION)
      return fields.headerDigest === headerDigest && fields.finishedAt === finishedAt
    })
    return isOurs === true && existsSync(page) ? page : null
  } catch {
    return null
  }
}

/** The page first: where the document is, there is a page. Removes reports beyond those that are kept. */
export function saveReport(layout: MetaLayout, report: Report): string {
  const page = layout.reportPage(report.timestamp)
  replaceFile(page, renderReport(report))
  saveState(layout.report(report.timestamp), reportDocument(report))
  removeOldReports(layout.folder('report'), KEEP)
  return page
}

/** Also what a run that was killed in the middle of writing has left. */
export function removeOldReports(folder: string, keep: number): void {
  for (const name of readdirSync(folder)) if (/^\.[0-9]+\.(json|html)\.[0-9a-f]+\.tmp$/.test(name)) rmSync(join(folder, name))
  const names = readdirSync(folder).filter((name) => /^[0-9]{1,15}\.(json|html)$/.test(name))
  const timestamps = [...new Set(names.map((name) => Number.parseInt(name, 10)))].sort((a, b) => b - a)
  const old = new Set(timestamps.slice(keep))
  for (const name of names) if (old.has(Number.parseInt(name, 10))) rmSync(join(folder, name), { force: true })
}
