import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { META_FOLDERS, type MetaLayout } from './meta-layout.js'
import { keepFolderOurs, keepTopFolderOurs } from './own-folder.js'
import { writing } from './unwritable.js'

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
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at)
  writing(folder, () => {
    // One by one: of a whole path Node says that it is not there when the file system is read-only.
    for (const made of missing.toReversed()) {
      makeUnlessThere(made)
      crashPoint('folder.made', made)
      syncFolder(dirname(made))
    }
  })
}

/** Another process may be at it too. */
function makeUnlessThere(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error
  }
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
