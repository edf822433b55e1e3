import { appendFileSync } from 'node:fs'
import { killWithChildren } from '../exec/process-group.js'
import type { CrashPointName } from './crash-point-names.js'
import { type CrashOrder, parseCrashOrder, shownDetail } from './parse-crash-order.js'

/**
 * For tests alone: LUSTREBACKUP_CRASH_AT names a point at which the process and its children are killed, or a file to which every point that is
 * passed is appended. Who can set it can start the process, and could kill it as well; the forced command passes no environment on.
 */
const order = parseCrashOrder(process.env.LUSTREBACKUP_CRASH_AT)
let passed = 0

/** An effect has just happened: the process must be able to die here without harm. Costs one comparison. `detail` tells points of one name apart. */
export function crashPoint(name: CrashPointName, detail = ''): void {
  if (order !== null) obey(order, name, detail)
}

function obey(wanted: CrashOrder, name: CrashPointName, detail: string): void {
  const shown = shownDetail(detail)
  if (wanted.kind === 'trace') {
    appendFileSync(wanted.file, `${name}${shown === '' ? '' : ` ${shown}`}\n`)
    return
  }
  if (wanted.name !== name || (wanted.detail !== null && wanted.detail !== shown)) return
  passed += 1
  if (passed === wanted.nth) killWithChildren(process.pid)
}
