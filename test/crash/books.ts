import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MetaLayout } from '@lustrebackup/core/state/meta-layout'
import { linkedTimestamp } from '@lustrebackup/core/state/state-link'
import type { SimFilesystem } from '@lustrebackup/lustresim/filesystem'

/** What is not as a finished backup of this snapshot has to leave it, on either side. */
export function openBooks(timestamp: number, source: MetaLayout, target: MetaLayout, fs: SimFilesystem): string[] {
  return [...[source, target].flatMap((layout) => openState(timestamp, layout)), ...openChangelogs(source, fs)]
}

function openState(timestamp: number, layout: MetaLayout): string[] {
  const wrong: string[] = []
  const last = linkedTimestamp(layout.link('last_backup'))
  if (last !== timestamp) wrong.push(`${layout.link('last_backup')} is ${last}, not ${timestamp}`)
  for (const link of ['inprogress_backup', 'inprogress_backupmap', 'between_backup'] as const) {
    if (existsSync(layout.link(link))) wrong.push(`there is ${layout.link(link)}`)
  }
  for (const name of readdirSync(layout.folder('tmp'))) wrong.push(`there is ${join(layout.folder('tmp'), name)}`)
  const record = JSON.parse(readFileSync(layout.link('last_backup'), 'utf8')) as { owed: unknown[] }
  if (record.owed.length > 0) wrong.push(`owed: ${JSON.stringify(record.owed)}`)
  return wrong
}

/** The log of each MDT begins behind the last record of the backup. */
function openChangelogs(source: MetaLayout, fs: SimFilesystem): string[] {
  const { cursors } = JSON.parse(readFileSync(source.link('last_backup'), 'utf8')) as { cursors: { mdt: string; recno: number }[] }
  return cursors.flatMap(({ mdt, recno }, index) => {
    const first = fs.records(index)[0]?.index
    return first !== undefined && Number(first) <= recno ? [`the changelog of ${mdt} begins with ${first}, the cursor is ${recno}`] : []
  })
}
