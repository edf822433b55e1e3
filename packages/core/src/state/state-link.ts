import { randomBytes } from 'node:crypto'
import { readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { syncFolder } from './durable.js'

/** Points a symlink at `target` (absolute, stored relative to the link) by a rename: at any moment there is the old one or the new one. */
export function replaceLink(link: string, target: string): void {
  const folder = dirname(link)
  const temporary = join(folder, `.${basename(link)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    symlinkSync(isAbsolute(target) ? relative(folder, target) : target, temporary)
    crashPoint('state-link.made', link)
    renameSync(temporary, link)
    crashPoint('state-link.renamed', link)
    syncFolder(folder)
    crashPoint('state-link.synced', link)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new LustrebackupError('STATE_UNWRITABLE', `cannot point ${link} at ${target}: ${reasonOf(error)}`, { cause: error })
  }
}

/** Absolute path that a symlink names, whether or not it is there; null when there is no link. Anything else in its place is damage. */
export function readLink(link: string): string | null {
  try {
    const target = readlinkSync(link)
    return isAbsolute(target) ? target : join(dirname(link), target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new LustrebackupError('STATE_DAMAGED', `cannot read the link ${link}: ${reasonOf(error)}`, {
      hint: 'only lustrebackup itself may change its state folder: put the link back, or move away what is in its place',
      cause: error,
    })
  }
}

/** Removes a symlink, durably; none is fine. */
export function removeLink(link: string): void {
  rmSync(link, { force: true })
  crashPoint('state-link.removed', link)
  syncFolder(dirname(link))
}

/** The timestamp in the name of what a link points to (`backup/1700000000.json`, `backupmap/1700000000`); null without a link. */
export function linkedTimestamp(link: string): number | null {
  const target = readLink(link)
  if (target === null) return null
  const match = /^([0-9]{1,15})(?:\.json)?$/.exec(basename(target))
  if (match === null)
    throw new LustrebackupError('STATE_DAMAGED', `the link ${link} points to ${target}, which is not named after a timestamp`)
  return Number(match[1])
}
