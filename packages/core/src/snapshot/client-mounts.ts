import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { crashPoint } from '../crash/crash-point.js'
import { LustrebackupError, reasonOf } from '../errors/errors.js'
import { failureInWords } from '../exec/exec-failure.js'
import type { Exec } from '../exec/exec-port.js'
import type { Log } from '../log/log-types.js'
import { findMounts } from './find-mounts.js'
import type { Mount } from './parse-findmnt.js'
import type { SnapshotMounts, SnapshotStore } from './snapshot-port.js'
import type { Snapshot } from './snapshot-types.js'

const QUICK_SECONDS = 60
/** A client mount takes a second; without the servers it hangs. */
const MOUNT_SECONDS = 180
const UMOUNT_SECONDS = 120
const REQUIRED_OPTIONS = ['ro', 'user_xattr']

export interface ClientMountSettings {
  readonly nid: string
  readonly snapshotHome: string
  readonly mountOpts: readonly string[]
  readonly exec: Exec
  readonly store: SnapshotStore
  readonly log: Log
  /** Does not end `umount`, which is how an aborted run cleans up after itself. */
  readonly signal: AbortSignal
}

export function createClientMounts(settings: ClientMountSettings): SnapshotMounts {
  return {
    mount: (snapshot, postfix) => mountSnapshot(settings, snapshot, postfix),
    umount: (snapshot, postfix, force) => umountSnapshot(settings, snapshot, postfix, force),
    postfixes: (snapshot) => postfixesOf(settings, snapshot),
    point: (snapshot, postfix) => mountPoint(settings, snapshot, postfix),
  }
}

async function mountSnapshot(settings: ClientMountSettings, snapshot: Snapshot, postfix: string): Promise<string> {
  const { store } = settings
  const point = mountPoint(settings, snapshot, postfix)
  if (await isMounted(settings, snapshot, point)) return point
  try {
    await store.mount(snapshot.name)
    await mountHere(settings, snapshot, point)
    await quietenClient(settings, snapshot)
    return point
  } catch (error) {
    // Half a mount helps nobody; what made it fail says more than what may fail now.
    await umountSnapshot(settings, snapshot, postfix, true).catch((reason: unknown) => {
      settings.log.info('a failed mount could not be undone', { snapshot: snapshot.name, reason: reasonOf(reason) })
    })
    throw error
  }
}

async function mountHere(settings: ClientMountSettings, snapshot: Snapshot, point: string): Promise<void> {
  makeMountPoint(point)
  const options = ['ro', 'noatime', 'user_xattr', ...settings.mountOpts].join(',')
  const args = ['-t', 'lustre', '-o', options, sourceOf(settings, snapshot), point]
  const limits = { timeoutSeconds: MOUNT_SECONDS, signal: settings.signal }
  const result = await settings.exec.run('mount', args, limits).catch((error: unknown) => {
    throw hangs(error, snapshot, point)
  })
  if (!(await isMounted(settings, snapshot, point))) throw mountFailed(snapshot, point, failureInWords(result))
}

async function umountSnapshot(settings: ClientMountSettings, snapshot: Snapshot, postfix: string, force: boolean): Promise<void> {
  const point = mountPoint(settings, snapshot, postfix)
  const mount = await mountAt(settings, point)
  if (mount !== null) {
    assertSource(settings, snapshot, mount)
    await umountPoint(settings, point, force)
  }
  removeMountPoint(point)
  if ((await postfixesOf(settings, snapshot)).length === 0) await settings.store.umount(snapshot.name)
}

async function umountPoint({ exec }: ClientMountSettings, point: string, force: boolean): Promise<void> {
  const hint = force
    ? 'see what still uses it: fuser -vm'
    : 'something may still use it (fuser -vm), or the servers no longer have it: use --force'
  const result = await exec.run('umount', [...(force ? ['-f'] : []), point], { timeoutSeconds: UMOUNT_SECONDS }).catch((error: unknown) => {
    throw new LustrebackupError('SNAPSHOT_UMOUNT_FAILED', `cannot unmount ${point}: ${reasonOf(error)}`, { hint, cause: error })
  })
  if (result.exitCode === 0) return
  throw new LustrebackupError('SNAPSHOT_UMOUNT_FAILED', `cannot unmount ${point}: ${failureInWords(result)}`, { hint })
}

/** Updates of sizes and xattrs that a client would send to a read-only MDT stall it. */
async function quietenClient({ exec, log, signal }: ClientMountSettings, { snapshotFsname }: Snapshot): Promise<void> {
  const settings = [`mdc.${snapshotFsname}-MDT*.mdc_lsom=off`, `llite.${snapshotFsname}-*.xattr_cache=0`]
  const set = (...some: string[]) => exec.run('lctl', ['set_param', ...some], { timeoutSeconds: QUICK_SECONDS, signal })
  if ((await set(...settings)).exitCode === 0) return
  // One that is refused says nothing of the other.
  for (const setting of settings) {
    const result = await set(setting)
    if (result.exitCode !== 0) log.warning('a setting for snapshot mounts was refused', { setting, reason: failureInWords(result) })
  }
}

async function postfixesOf(settings: ClientMountSettings, snapshot: Snapshot): Promise<string[]> {
  const prefix = mountPoint(settings, snapshot, '')
  const mounts = await findMounts(settings.exec, ['-t', 'lustre'])
  return mounts.filter(({ target }) => target.startsWith(prefix)).map(({ target }) => target.slice(prefix.length))
}

/** Whether this very snapshot is mounted there, as it has to be; anything else there is an error. */
async function isMounted(settings: ClientMountSettings, snapshot: Snapshot, point: string): Promise<boolean> {
  const mount = await mountAt(settings, point)
  if (mount === null) return false
  assertSource(settings, snapshot, mount)
  const missing = REQUIRED_OPTIONS.filter((option) => !mount.options.includes(option))
  if (missing.length === 0) return true
  throw mountWrong(`${point} is mounted without ${missing.join(' and ')}: user xattrs would be missing, or updates would stall`, point)
}

function assertSource(settings: ClientMountSettings, snapshot: Snapshot, { source, target, fstype }: Mount): void {
  if (fstype === 'lustre' && source.endsWith(`:/${snapshot.snapshotFsname}`)) return
  throw mountWrong(`${target} should be ${sourceOf(settings, snapshot)}, but ${source} is mounted there`, target)
}

function mountWrong(message: string, point: string): LustrebackupError {
  return new LustrebackupError('SNAPSHOT_MOUNT_WRONG', message, { hint: `unmount it: umount ${point}` })
}

async function mountAt(settings: ClientMountSettings, point: string): Promise<Mount | null> {
  // Of mounts on top of each other the last one is seen.
  return (await findMounts(settings.exec, ['--mountpoint', point])).at(-1) ?? null
}

function mountPoint({ snapshotHome }: ClientMountSettings, snapshot: Snapshot, postfix: string): string {
  return join(snapshotHome, `${snapshot.name}.${postfix}`)
}

function sourceOf({ nid }: ClientMountSettings, { snapshotFsname }: Snapshot): string {
  return `${nid}:/${snapshotFsname}`
}

function makeMountPoint(point: string): void {
  try {
    mkdirSync(point, { recursive: true, mode: 0o700 })
    crashPoint('mount-point.made', postfixOf(point))
  } catch (error) {
    throw new LustrebackupError('SNAPSHOT_MOUNT_FAILED', `cannot make the mount point ${point}: ${reasonOf(error)}`, {
      hint: 'check [LUSTRE] snapshot_home',
      cause: error,
    })
  }
}

function postfixOf(point: string): string {
  return point.slice(point.lastIndexOf('.') + 1)
}

/** One that is not empty stays: only its emptiness shows that nothing is lost. */
function removeMountPoint(point: string): void {
  try {
    rmdirSync(point)
    crashPoint('mount-point.removed', postfixOf(point))
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

function mountFailed(snapshot: Snapshot, point: string, reason: string): LustrebackupError {
  return new LustrebackupError('SNAPSHOT_MOUNT_FAILED', `cannot mount the snapshot ${snapshot.name} at ${point}: ${reason}`, {
    hint: 'check [LUSTRE] nid and snapshot_mount_opts, and that the snapshot is mounted on the servers (lustrebackup_snapshot_list -r)',
  })
}

function hangs(error: unknown, snapshot: Snapshot, point: string): unknown {
  if (!(error instanceof LustrebackupError) || error.code !== 'EXEC_TIMEOUT') return error
  return new LustrebackupError(
    'SNAPSHOT_MOUNT_HANGS',
    `mounting the snapshot ${snapshot.name} at ${point} did not end within ${MOUNT_SECONDS} seconds`,
    {
      hint: 'the servers may have lost the snapshot, or this node cannot reach all of them: see dmesg, and lustrebackup_snapshot_list -r',
      cause: error,
    },
  )
}
