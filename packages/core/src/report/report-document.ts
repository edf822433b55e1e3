import { jsonFromInt } from '../types/json-int.js'
import { jsonFromPath } from '../types/path-bytes.js'
import { REPORT_FORMAT, REPORT_VERSION, type Report } from './report-types.js'

/** A report as JSON has it; docs/operations.md names its fields. */
export function reportDocument(report: Report): object {
  const { changes, owed } = report
  const document = {
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    ...report,
    owed: owed.map((one) => ({ ...one, path: jsonFromPath(one.path) })),
    changes: changes && { ...changes, folders: changes.folders.map((one) => ({ ...one, path: jsonFromPath(one.path) })) },
  }
  return JSON.parse(JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? jsonFromInt(value) : value))) as object
}
