import { closeSync, constants, fstatSync } from 'node:fs'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { setAttributes } from '../attributes/set-attributes.js'
import { crashPoint } from '../crash/crash-point.js'
import { reasonOf } from '../errors/errors.js'
import { percentEncode } from '../types/path-bytes.js'
import { FilediffError } from './filediff-error.js'
import type { SourceFile, Xattr } from './filediff-types.js'

/** A file beneath a root on the target. */
export interface TargetPlace {
  readonly api: Lustreapi
  readonly root: number
  readonly path: Buffer
}

/** Opens the file for reading and writing, or makes it, readable for root only until its attributes are set. No symlink is followed. */
export function openTargetFile({ api, root, path }: TargetPlace): number {
  let fd: number
  try {
    fd = api.openFile(root, path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK, 0o600)
  } catch (error) {
    const code = (error as { code?: string }).code
    const notRegular = code === 'ELOOP' || code === 'ENXIO' || code === 'EISDIR'
    throw new FilediffError(
      notRegular ? 'FILEDIFF_TARGET_NOT_REGULAR' : 'FILEDIFF_TARGET_OPEN',
      `opening ${percentEncode(path)} on the target: ${notRegular ? 'a symlink, or something that is no regular file, is in the way' : reasonOf(error)}`,
      { cause: error },
    )
  }
  crashPoint('filediff.opened')
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new FilediffError('FILEDIFF_TARGET_NOT_REGULAR', `opening ${percentEncode(path)} on the target: it is not a regular file`)
}

/** Gives the file the attributes of the source. Only what differs is set, so that a file that is right already stays provably the same. */
export function setTargetAttributes({ api, root, path }: TargetPlace, file: SourceFile, xattrs: readonly Xattr[] | null): void {
  try {
    setAttributes(api, root, path, file, xattrs)
    crashPoint('filediff.attributes')
  } catch (error) {
    throw new FilediffError(
      'FILEDIFF_TARGET_ATTRIBUTES',
      `setting the attributes of ${percentEncode(path)} on the target: ${reasonOf(error)}`,
      {
        cause: error,
      },
    )
  }
}
