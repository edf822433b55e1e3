import { DATA_VERSION_FLUSH, type Lustreapi } from '@lustrebackup/lustreapi/binding'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import type { ChangelogReader, Lustre, LustreTree } from './lustre-port.js'

const ENOENT = 2
const EINVAL = 22

/** Lustre over the addon. `inFlight`: how many requests of one batch are under way at once. */
export function nativeLustre(api: Lustreapi, inFlight: number): Lustre {
  return {
    openTree: (mountPoint) => openTree(api, mountPoint, { inFlight }),
    openChangelog: (mdtname, startRecno) => openChangelog(api, mdtname, startRecno),
    clearChangelog: (mdtname, user, endRecno) => clearChangelog(api, mdtname, user, endRecno),
    mdtCount: (mountPoint) =>
      api.obdCount(mountPoint, 'mdt').catch((error: unknown) => {
        throw new LustrebackupError('LUSTRE_UNREADABLE', `counting the MDTs of ${mountPoint}: ${reasonOf(error)}`, {
          hint: 'check that it is a mounted Lustre file system',
          cause: error,
        })
      }),
  }
}

function openTree(api: Lustreapi, mountPoint: string, options: { readonly inFlight: number }): LustreTree {
  const root = openRoot(api, mountPoint)
  return {
    mountPoint,
    fid2path: (fids, maxLinks = 0) => api.fid2path(mountPoint, fids, { ...options, maxLinks }),
    path2fid: (paths) => api.path2fid(root, paths, options),
    inspect: (paths, types = null) => api.inspect(root, paths, { ...options, types }),
    lstat: (paths) => api.lstatBatch(root, paths, options),
    xattrs: (paths, names) => api.xattrBatch(root, paths, names, options),
    dataVersions: (paths) => api.dataVersion(root, paths, options),
    flush: (paths) => api.dataVersion(root, paths, { ...options, flags: DATA_VERSION_FLUSH }),
    hsmStates: (paths) => api.hsmState(root, paths, options),
    readdir: (directories) => api.readdirBatch(root, directories, options),
    close: () => api.closeRoot(root),
  }
}

function openRoot(api: Lustreapi, mountPoint: string): number {
  try {
    return api.openRoot(mountPoint)
  } catch (error) {
    throw new LustrebackupError('LUSTRE_UNREADABLE', `opening the mount point ${mountPoint}: ${reasonOf(error)}`, { cause: error })
  }
}

function openChangelog(api: Lustreapi, mdtname: string, startRecno: bigint): ChangelogReader {
  const failed = (error: unknown): never => {
    throw new LustrebackupError('CHANGELOG_UNREADABLE', `reading the changelog of ${mdtname}: ${reasonOf(error)}`, {
      hint: 'check that the snapshot is mounted, and that [LUSTRE] mdt names MDTs of this file system',
      cause: error,
    })
  }
  const handle = (() => {
    try {
      return api.changelogOpen(mdtname, startRecno)
    } catch (error) {
      return failed(error)
    }
  })()
  return { read: (buffer) => api.changelogRead(handle, buffer).catch(failed), close: () => api.changelogClose(handle) }
}

async function clearChangelog(api: Lustreapi, mdtname: string, user: string, endRecno: bigint): Promise<'done' | 'refused' | 'no-user'> {
  try {
    await api.changelogClear(mdtname, user, endRecno)
    return 'done'
  } catch (error) {
    const { errno } = error as { errno?: number }
    if (errno === EINVAL) return 'refused'
    if (errno === ENOENT) return 'no-user'
    throw new LustrebackupError(
      'CHANGELOG_CLEAR_FAILED',
      `clearing the changelog of ${mdtname} for user ${user} up to record ${endRecno}: ${reasonOf(error)}`,
      { hint: 'check that the file system is mounted and that [LUSTRE] changelog_user is registered on this MDT', cause: error },
    )
  }
}
