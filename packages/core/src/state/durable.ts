import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { META_FOLDERS, type MetaLayout } from './meta-layout.js'
import { keepFolderOurs, keepTopFolderOurs } from './own-folder.js'

/** Makes what happened to the entries of a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Makes a folder and its missing parents, for root only and durably. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  crashPoint('folder.made', folder)
  for (let made = folder; made !== dirname(first); made = dirname(made)) syncFolder(dirname(made))
}

/** Makes a folder with nothing in it, whatever was there. */
export function makeEmpty(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  crashPoint('folder.emptied', folder)
  makeFolder(folder)
}

/**
 * Makes `meta_basepath` and every folder in it that is missing, for us alone. One that somebody else made, or could replace, is refused:
 * what lies in it is believed.
 */
export function makeMetaFolders(layout: MetaLayout): void {
  try {
    makeFolder(layout.basepath)
    keepTopFolderOurs(layout.basepath)
    for (const name of META_FOLDERS) {
      makeFolder(layout.folder(name))
      keepFolderOurs(layout.folder(name))
    }
  } catch (error) {
    throw new LustrebackupError('STATE_UNWRITABLE', `cannot make the state folder ${layout.basepath}: ${reasonOf(error)}`, {
      hint: 'check that the file system of [LUSTRE] meta_basepath is mounted, writable and not full, and that the folder is ours alone',
      cause: error,
    })
  }
}
