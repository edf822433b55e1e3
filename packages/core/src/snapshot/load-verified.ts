import { readdirSync } from 'node:fs'
import type { MetaLayout } from '../state/meta-layout.js'

/**
 * Timestamps of the snapshots with a record `verify/TIMESTAMP.json`: on the source of those whose checksums were written down, on the target of
 * those that were compared with these without a difference.
 */
export function loadVerified(layout: MetaLayout): ReadonlySet<number> {
  const records = entriesOf(layout.folder('verify')).flatMap((name) => /^([0-9]{1,12})\.json$/.exec(name)?.[1] ?? [])
  return new Set(records.map(Number))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
