import { readdirSync } from 'node:fs'
import type { MetaLayout } from '../state/meta-layout.js'
import { linkedTimestamp } from '../state/state-link.js'
import type { ProtectingState } from './protected-plan.js'

/** Reads the links under `meta_basepath` that say which snapshots are needed. */
export function loadProtectingState(layout: MetaLayout): ProtectingState {
  return {
    lastBackup: linkedTimestamp(layout.link('last_backup')),
    inprogressBackup: linkedTimestamp(layout.link('inprogress_backup')),
    betweenBackup: linkedTimestamp(layout.link('between_backup')),
    lastBackupmap: linkedTimestamp(layout.link('last_backupmap')),
    inprogressBackupmap: linkedTimestamp(layout.link('inprogress_backupmap')),
    verifying: entriesOf(layout.basepath).flatMap((name) => {
      const range = /^inprogress_verify_([0-9]{1,12})_([0-9]{1,12})$/.exec(name)
      return range === null ? [] : [Number(range[2])]
    }),
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
