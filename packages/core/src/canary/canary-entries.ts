import { chmodSync, closeSync, constants, linkSync, openSync, renameSync, rmSync, symlinkSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { CANARY_FILES, CANARY_LINK, CANARY_RENAMED, CANARY_SYMLINK } from './canary-plan.js'

/** Makes fresh entries in an empty folder. */
export function fillFolder(folder: string): void {
  for (const name of CANARY_FILES) writeThrough(join(folder, name), constants.O_CREAT | constants.O_EXCL)
  linkSync(join(folder, 'linked'), join(folder, CANARY_LINK))
  symlinkSync('changed', join(folder, CANARY_SYMLINK))
  crashPoint('canary.filled')
}

/** Changes the entries of a filled folder, each in its own way. */
export function changeFolder(folder: string): void {
  writeThrough(join(folder, 'written'), constants.O_APPEND)
  chmodSync(join(folder, 'changed'), 0o640)
  renameSync(join(folder, 'renamed'), join(folder, CANARY_RENAMED))
  unlinkSync(join(folder, 'removed'))
  crashPoint('canary.changed')
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true })
  crashPoint('canary.removed')
}

function writeThrough(path: string, flags: number): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | flags, 0o600)
  try {
    writeSync(descriptor, 'canary\n')
  } finally {
    closeSync(descriptor)
  }
}
