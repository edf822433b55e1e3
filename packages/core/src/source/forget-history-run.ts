import { readdirSync } from 'node:fs'
import { listMaps, removeMap, removeWorkFolders } from '../backupmap/map-folder.js'
import { reasonOf } from '../errors/errors.js'
import type { Log } from '../log/log-types.js'
import { forgetRecords, linkedBackups } from '../state/forget-records.js'
import { type HistoryLimits, planOldMaps } from '../state/history-plan.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'

/**
 * Removes maps and records of backups that are over and that nobody needs any more. The caller holds the lock of the source. A backup is done
 * whether or not this succeeds: the next one tries again.
 */
export function forgetHistory(layout: MetaLayout, limits: HistoryLimits, log: Log): void {
  try {
    const history = {
      maps: listMaps(layout),
      lastBackup: linkedTimestamp(layout.link('last_backup')),
      linked: new Set([...linkedBackups(layout), ...linkedMaps(layout)]),
      verifiedUpTo: linkedTimestamp(layout.link('last_verified')),
      verifying: verifyingRanges(layout),
    }
    const old = planOldMaps(history, limits)
    for (const timestamp of old) removeMap(layout, timestamp)
    // Also what a run that was killed here has left.
    removeWorkFolders(layout)
    forgetRecords(layout, limits.records)
    if (old.length > 0) log.info('maps of earlier backups were removed', { timestamps: old })
  } catch (error) {
    log.warning('maps and records of earlier backups stay', { reason: reasonOf(error) })
  }
}

function linkedMaps(layout: MetaLayout): number[] {
  return (['last_backupmap', 'inprogress_backupmap'] as const).flatMap((link) => linkedTimestamp(layout.link(link)) ?? [])
}

function verifyingRanges(layout: MetaLayout) {
  return readdirSync(layout.basepath).flatMap((name) => {
    const range = /^inprogress_verify_([0-9]{1,12})_([0-9]{1,12})$/.exec(name)
    return range === null ? [] : [{ start: Number(range[1]), end: Number(range[2]) }]
  })
}
