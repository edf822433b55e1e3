import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { FilesystemConfig } from './fs-core.js'
import { decodeIndex } from './index-codec.js'
import { filesystemPaths, type SimPaths } from './layout.js'
import { loadMounts, type MountEntry, saveMounts } from './mounts.js'
import { realProgram } from './real-program.js'
import { lock } from './sim-lock.js'
import { preparePlainCopy } from './snapshot-copy.js'
import { listSnapshots, type SnapshotInfo } from './snapshot-info.js'

/** A refused mount: exit code and message as those of mount.lustre and umount. */
export class MountError extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message)
  }
}

/** The servers have not mounted this snapshot: a real client hangs. */
export class ServerNotMountedError extends Error {}

const CLIENT_OPTIONS = 'checksum,encrypt,flock,lazystatfs,lruresize,nolock,statfs_project,nouser_fid2path'

interface Mountable {
  readonly config: FilesystemConfig
  readonly snapshot: SnapshotInfo | null
  readonly dir: string
}

/** Finds a file system or snapshot by the name that clients mount. */
export function findMountable(paths: SimPaths, filesystems: readonly FilesystemConfig[], fsname: string): Mountable | null {
  for (const config of filesystems) {
    const { dir } = filesystemPaths(paths.filesystem(config.name))
    if (config.name === fsname) return { config, snapshot: null, dir }
    const snapshot = listSnapshots(filesystemPaths(dir)).find((info) => info.fsname === fsname)
    if (snapshot) return { config, snapshot, dir: filesystemPaths(dir).snapshot(fsname).dir }
  }
  return null
}

/** `mount -t lustre -o OPTIONS SOURCE TARGET`. */
export function mountClient(
  paths: SimPaths,
  filesystems: readonly FilesystemConfig[],
  kind: MountEntry['kind'],
  request: { readonly source: string; readonly target: string; readonly options: readonly string[] },
): void {
  const { source, options } = request
  const fail = (code: number, reason: string) =>
    new MountError(code, `mount.lustre: mount ${source} at ${request.target} failed: ${reason}`)
  const found = findMountable(paths, filesystems, source.slice(source.lastIndexOf(':/') + 2))
  if (!found) throw fail(2, NO_SUCH_FILESYSTEM)
  const readOnly = options.includes('ro')
  if (found.snapshot && !readOnly) throw fail(13, 'Permission denied')
  if (found.snapshot && !found.snapshot.mounted) throw new ServerNotMountedError(source)
  const target = canonicalTarget(request.target)
  if (!target) throw new MountError(32, `mount: ${request.target}: mount point does not exist.`)
  const hasXattrs = options.includes('user_xattr')
  const dir = found.snapshot && !hasXattrs ? plainCopy(found) : found.dir
  const shown = `${readOnly ? 'ro' : 'rw'},${options.includes('noatime') ? 'noatime,' : ''}${CLIENT_OPTIONS},${hasXattrs ? '' : 'no'}user_xattr,verbose`
  const release = lock(`${paths.mtab}.lock`)
  try {
    const mounts = loadMounts(paths.mtab)
    if (mounts.some((entry) => entry.target === target)) {
      throw new MountError(17, `mount.lustre: according to /etc/mtab ${source} is already mounted on ${target}`)
    }
    const tree = join(dir, found.snapshot ? 'tree' : 'live')
    const used = kind === 'bind' && bindMount(tree, target, readOnly) ? 'bind' : linkMount(tree, target)
    saveMounts(paths.mtab, [...mounts, { source, target, options: shown, kind: used, dir }])
  } finally {
    release()
  }
}

const NO_SUCH_FILESYSTEM = `No such file or directory
Is the MGS specification correct?
Is the filesystem name correct?
If upgrading, is the copied client log valid? (see upgrade docs)`

function plainCopy({ dir, config }: Mountable): string {
  const index = () => decodeIndex(readFileSync(join(dir, 'index.bin')))
  return preparePlainCopy(dir, { fsname: basename(dir), mdtCount: config.mdts, ostCount: config.osts }, index)
}

/** The folder's own name is kept (a symlink mount replaces the folder); everything above it is resolved. */
export function canonicalTarget(path: string): string | null {
  try {
    const absolute = resolve(path)
    lstatSync(absolute)
    return join(realpathSync(dirname(absolute)), basename(absolute))
  } catch {
    return null
  }
}

function bindMount(tree: string, target: string, readOnly: boolean): boolean {
  const mount = realProgram('mount')
  if (spawnSync(mount, ['--bind', tree, target], { stdio: 'ignore' }).status !== 0) return false
  if (readOnly && spawnSync(mount, ['-o', 'remount,bind,ro', target], { stdio: 'ignore' }).status !== 0) {
    spawnSync(realProgram('umount'), [target], { stdio: 'ignore' })
    return false
  }
  return true
}

function linkMount(tree: string, target: string): 'symlink' {
  if (!lstatSync(target).isDirectory() || readdirSync(target).length > 0) {
    throw new MountError(32, `mount: ${target}: without mount privileges the simulator needs an empty folder here`)
  }
  rmdirSync(target)
  symlinkSync(tree, target)
  return 'symlink'
}

/** `umount TARGET`; false when the simulator has nothing mounted there. */
export function umountClient(paths: SimPaths, path: string, flags: readonly string[] = []): boolean {
  const release = lock(`${paths.mtab}.lock`)
  try {
    const mounts = loadMounts(paths.mtab)
    const target = canonicalTarget(path)
    const entry = mounts.findLast((candidate) => candidate.target === target || candidate.source === path)
    if (!entry) return false
    if (entry.kind === 'symlink') {
      unlinkSync(entry.target)
      mkdirSync(entry.target)
    } else {
      unbind(entry.target, flags)
    }
    saveMounts(
      paths.mtab,
      mounts.filter((candidate) => candidate !== entry),
    )
    return true
  } finally {
    release()
  }
}

function unbind(target: string, flags: readonly string[]): void {
  const result = spawnSync(realProgram('umount'), [...flags, target], { encoding: 'utf8' })
  if (result.status === 0 || /not mounted|no mount point/.test(result.stderr)) return
  throw new MountError(result.status ?? 1, result.stderr.trim())
}
