import { closeSync, constants, fstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Lustreapi } from '@lustrebackup/lustreapi/binding'
import { reasonOf } from '../errors/errors.js'
import { parsePath, percentEncode } from '../types/path-bytes.js'
import { FilediffError } from './filediff-error.js'
import type { SourceFile, Xattr } from './filediff-types.js'
import type { LustreFacts } from './lustre-facts.js'
import { readXattrs } from './xattrs.js'

export interface SourceFileRequest {
  readonly api: Lustreapi
  readonly facts: LustreFacts
  readonly snapshotHome: string
  /** Absolute, beneath `snapshotHome`. */
  readonly path: Buffer
  readonly withAttributes: boolean
}

export interface OpenedSourceFile {
  readonly fd: number
  readonly file: SourceFile
  readonly xattrs: readonly Xattr[] | null
  close(): void
}

/** Opens a regular file in a mounted snapshot for reading. Nothing that a user of the file system made is followed: no symlink anywhere below the mount point. */
export async function openSourceFile(request: SourceFileRequest): Promise<OpenedSourceFile> {
  const { mountPoint, path } = splitPath(request)
  const { api } = request
  const root = api.openRoot(join(request.snapshotHome, mountPoint))
  try {
    if (await request.facts.isReleased(root, path)) {
      throw new FilediffError('FILEDIFF_RELEASED', `${show(request.path)} is released: its data are in the HSM archive only`, {
        hint: 'Restore it on the source (lfs hsm_restore), then run the backup again.',
      })
    }
    const fd = openRegular(api, root, path, request.path)
    const xattrs = request.withAttributes ? readXattrs(api, root, path) : null
    return { fd, file: describe(fd), xattrs, close: () => closeSync(fd) }
  } finally {
    api.closeRoot(root)
  }
}

function splitPath({ snapshotHome, path }: SourceFileRequest): { readonly mountPoint: string; readonly path: Buffer } {
  const home = Buffer.from(`${snapshotHome.replace(/\/+$/, '')}/`)
  const relative = path.subarray(0, home.length).equals(home) ? parsePath(path.subarray(home.length)) : null
  const slash = relative?.indexOf('/') ?? -1
  if (relative === null || slash <= 0) {
    throw new FilediffError(
      'FILEDIFF_PATH',
      `${show(path)} is not the path of a file in a snapshot that is mounted beneath ${snapshotHome}`,
      {
        hint: 'Give an absolute path without . and .. beneath [LUSTRE] snapshot_home.',
      },
    )
  }
  return { mountPoint: relative.subarray(0, slash).toString('latin1'), path: relative.subarray(slash + 1) }
}

const WHY: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  ENOENT: ['FILEDIFF_NOT_FOUND', 'there is no such file'],
  ENOTDIR: ['FILEDIFF_NOT_FOUND', 'there is no such file'],
  ELOOP: ['FILEDIFF_NOT_REGULAR', 'it is a symlink, or lies behind one'],
  ENXIO: ['FILEDIFF_NOT_REGULAR', 'it is not a regular file'],
  EACCES: ['FILEDIFF_PERMISSION', 'permission denied'],
  EPERM: ['FILEDIFF_PERMISSION', 'permission denied'],
}

function openRegular(api: Lustreapi, root: number, path: Buffer, whole: Buffer): number {
  try {
    const fd = api.openFile(root, path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (fstatSync(fd).isFile()) return fd
    closeSync(fd)
  } catch (error) {
    const [code, reason] = WHY[(error as { code?: string }).code ?? ''] ?? ['FILEDIFF_OPEN', reasonOf(error)]
    throw new FilediffError(code, `opening ${show(whole)} on the source: ${reason}`, { cause: error })
  }
  throw new FilediffError('FILEDIFF_NOT_REGULAR', `opening ${show(whole)} on the source: it is not a regular file`)
}

function describe(fd: number): SourceFile {
  const { size, mtimeNs, ctimeNs, ino, mode, uid, gid } = fstatSync(fd, { bigint: true })
  return { size, mtimeNs, ctimeNs, ino, mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid) }
}

function show(path: Buffer): string {
  return percentEncode(path)
}
