import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { syncFolder } from './durable.js'
import { planOldRecords } from './history-plan.js'
import type { MetaLayout } from './meta-layout.js'
import { linkedTimestamp } from './state-link.js'

const BACKUP_LINKS = ['last_backup', 'inprogress_backup', 'between_backup'] as const

/** Backups that a link leads to. */
export function linkedBackups(layout: MetaLayout): ReadonlySet<number> {
  return new Set(BACKUP_LINKS.flatMap((link) => linkedTimestamp(layout.link(link)) ?? []))
}

/** Removes records of backups that are over, but for the newest `keep`, and what a kill in the middle of writing one has left. The caller holds the lock of its side. */
export function forgetRecords(layout: MetaLayout, keep: number): void {
  const folder = layout.folder('backup')
  const names = readdirSync(folder)
  const records = names.flatMap((name) => /^([0-9]{1,15})\.json$/.exec(name)?.[1] ?? [])
  const old = planOldRecords(records.map(Number), linkedBackups(layout), keep)
  for (const name of names) if (/^\.[0-9]+\.json\.[0-9a-f]+\.tmp$/.test(name)) rmSync(join(folder, name), { force: true })
  for (const timestamp of old) rmSync(layout.backup(timestamp), { force: true })
  crashPoint('backup-record.forgotten')
  if (old.length > 0) syncFolder(folder)
}
