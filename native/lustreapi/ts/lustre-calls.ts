import { inFlightOf } from './batch-calls.js'
import { CHANGELOG_BUFFER_MIN, type ChangelogHandle, FID_BYTES, type LustreCalls, type OpenedLustreapi } from './binding.js'
import { settle, toBytes, translate } from './failures.js'
import type { NativeAddon } from './native-addon.js'

/** Where distributions and Lustre's own packages put the library. */
export const LUSTREAPI_PATHS: readonly string[] = [
  'liblustreapi.so.1',
  '/usr/lib64/liblustreapi.so.1',
  '/usr/lib/x86_64-linux-gnu/liblustreapi.so.1',
  '/usr/lib/liblustreapi.so.1',
  'liblustreapi.so',
]

/** The calls of liblustreapi over the compiled addon. */
export function lustreCalls(native: NativeAddon): LustreCalls {
  return {
    openLustreapi: (paths = LUSTREAPI_PATHS) => openLustreapi(native, paths),
    changelogOpen: (mdtname, startRecno) => openChangelog(native, mdtname, startRecno),
    changelogRead: (handle, buffer) => handle.read(buffer),
    changelogClose: (handle) => handle.close(),
    async changelogClear(mdtname, user, endRecno) {
      if (endRecno <= 0n) throw new RangeError(`clearing the changelog of ${mdtname} up to ${endRecno} would clear all of it`)
      await settle(() => native.changelogClear(toBytes(mdtname), toBytes(user), endRecno), toBytes(mdtname))
    },
    ...lookupCalls(native),
    obdCount: (mount, kind) => settle(() => native.obdCount(toBytes(mount), kind === 'mdt'), toBytes(mount)),
    searchFsname: (path) => settle(() => native.searchFsname(toBytes(path)), toBytes(path)),
  }
}

const NO_TYPES = new Uint8Array(0)

function lookupCalls(
  native: NativeAddon,
): Pick<LustreCalls, 'fid2path' | 'path2fid' | 'inspect' | 'path2parent' | 'dataVersion' | 'hsmState'> {
  return {
    async fid2path(mount, fids, options = {}) {
      const mountBytes = toBytes(mount)
      if (fids.length % FID_BYTES !== 0) throw new RangeError(`a list of FIDs of ${fids.length} bytes: each has ${FID_BYTES}`)
      if (mountBytes.length === 0) throw new RangeError('fid2path needs a mount point')
      return await settle(() => native.fid2path(mountBytes, fids, options.maxLinks ?? 0, inFlightOf(options)), mountBytes)
    },
    path2fid: (root, paths, options) => settle(() => native.path2fid(root, paths.bytes, paths.ends, inFlightOf(options))),
    inspect(root, paths, options = {}) {
      return settle(() => native.inspect(root, paths.bytes, paths.ends, options.types ?? NO_TYPES, inFlightOf(options)))
    },
    path2parent: (root, paths, options) => settle(() => native.path2parent(root, paths.bytes, paths.ends, inFlightOf(options))),
    dataVersion(root, paths, options = {}) {
      return settle(() => native.dataVersion(root, paths.bytes, paths.ends, BigInt(options.flags ?? 0), inFlightOf(options)))
    },
    hsmState: (root, paths, options) => settle(() => native.hsmState(root, paths.bytes, paths.ends, inFlightOf(options))),
  }
}

function openLustreapi(native: NativeAddon, paths: readonly string[]): OpenedLustreapi {
  const opened = native.openLustreapi(paths)
  if (opened.ok) return opened
  return { ...opened, hint: 'install the Lustre client on this host, or name the library in the configuration' }
}

function openChangelog(native: NativeAddon, mdtname: string, startRecno: bigint): ChangelogHandle {
  try {
    const log = new native.Changelog(toBytes(mdtname), startRecno)
    return { mdtname, read: (buffer) => readChangelog(log, mdtname, buffer), close: () => log.close() }
  } catch (error) {
    throw translate(error, toBytes(mdtname))
  }
}

async function readChangelog(log: { read(buffer: Uint8Array): Promise<number> }, mdtname: string, buffer: Uint8Array): Promise<number> {
  if (buffer.length < CHANGELOG_BUFFER_MIN) {
    throw new RangeError(`a changelog buffer of ${buffer.length} bytes: a record can have ${CHANGELOG_BUFFER_MIN}`)
  }
  if (buffer.buffer instanceof SharedArrayBuffer) throw new TypeError('a changelog buffer cannot be shared between threads')
  return await settle(() => log.read(buffer), toBytes(mdtname))
}
