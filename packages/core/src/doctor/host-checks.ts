import { accessSync, constants, lstatSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { loadAddon } from '@lustrebackup/lustreapi/load'
import { formatBytes } from '../cli/format-units.js'
import type { Config } from '../config/config-types.js'
import type { Side } from '../config/detect-role.js'
import type { Exec } from '../exec/exec-port.js'
import { findMounts } from '../snapshot/find-mounts.js'
import { whyNotMounted } from '../snapshot/mounted-plan.js'
import { isOlder, SAFE_RSYNC } from '../target/preflight-run.js'
import { parseRsyncVersion } from '../transfer/parse-rsync.js'
import { type Check, type Finding, fine, note, problem, warning } from './doctor-types.js'

const QUICK = { timeoutSeconds: 30 }
const FREE_PERCENT = 10n
const OTHERS_WRITE = 0o022
const OLDEST_LUSTRE = [2, 15, 0] as const

export interface HostPorts {
  readonly side: Side
  readonly config: Config
  readonly exec: Exec
}

/** What can be seen on this host alone. */
export function hostChecks(ports: HostPorts): Check[] {
  const { config } = ports
  return [
    { name: 'user', run: async () => [checkUser()] },
    { name: 'node.js', run: async () => [fine(`${process.versions.node}, ${process.execPath}`)] },
    { name: 'native addon', run: async () => [checkAddon()] },
    { name: 'rsync', run: async () => [await checkRsyncVersion(ports)] },
    ...(config.lustre.fsname === '' ? [] : [{ name: 'Lustre', run: async () => [await checkLustre(ports)] }]),
    { name: 'mount', run: async () => [await checkMount(ports)] },
    { name: 'folders', run: async () => checkFolders(ports) },
    { name: 'space', run: async () => await checkSpace(ports) },
    { name: 'clock', run: async () => [await checkClock(ports)] },
  ]
}

function checkUser(): Finding {
  return process.geteuid?.() === 0
    ? fine('root')
    : problem(`this runs as user ${process.geteuid?.()}`, 'Run it as root: only root can read and set everything.')
}

function checkAddon(): Finding {
  const loaded = loadAddon()
  return loaded.ok ? fine('loads') : problem(`cannot be loaded: ${loaded.reason}`, loaded.hint)
}

async function checkRsyncVersion({ config, exec }: HostPorts): Promise<Finding> {
  const { rsyncCommand } = config.backup
  const result = await exec.run(rsyncCommand, ['--version'], QUICK)
  const version = parseRsyncVersion(result.stdout.toString('latin1'))
  if (version === null) return problem(`${rsyncCommand} --version does not answer like rsync`, 'Correct [BACKUP] rsync_command.')
  const text = `${rsyncCommand} ${version.join('.')}`
  return isOlder(version, SAFE_RSYNC)
    ? warning(`${text} has known security problems`, 'Install rsync 3.5.0 or newer on both sides.')
    : fine(text)
}

async function checkLustre({ exec }: HostPorts): Promise<Finding> {
  const result = await exec.run('lctl', ['get_param', '-n', 'version'], QUICK)
  const said = result.stdout.toString('utf8').trim()
  const match = /([0-9]+)\.([0-9]+)\.([0-9]+)/.exec(said)
  if (match === null)
    return problem(
      `lctl does not say which version this is (${said || result.stderr.trim()})`,
      'Load the Lustre client (modprobe lustre); see [SYSTEM] command_path for where lctl is looked for.',
    )
  const version = match.slice(1).map(Number)
  return isOlder(version, OLDEST_LUSTRE)
    ? warning(`${version.join('.')}: this was never tried`, 'Use 2.15 or newer.')
    : fine(version.join('.'))
}

async function checkMount({ side, config, exec }: HostPorts): Promise<Finding> {
  const { dataMount } = config.lustre
  const reason = whyNotMounted(await findMounts(exec, ['--mountpoint', dataMount]), config, side)
  return reason === null
    ? fine(`${dataMount} is mounted`)
    : problem(`${dataMount}: ${reason}`, 'Mount the file system there, or correct [LUSTRE] data_mount.')
}

function checkFolders({ config, side }: HostPorts): Finding[] {
  const { dataPath, metaBasepath, snapshotHome } = config.lustre
  const wanted = [
    { key: 'data_path', folder: dataPath, writes: side === 'target', isPrivate: false },
    { key: 'meta_basepath', folder: metaBasepath, writes: true, isPrivate: true },
    ...(snapshotHome === '' ? [] : [{ key: 'snapshot_home', folder: snapshotHome, writes: true, isPrivate: true }]),
    { key: 'logdir', folder: config.global.logdir, writes: true, isPrivate: true },
  ]
  return wanted.map(checkFolder)
}

function checkFolder({ key, folder, writes, isPrivate }: { key: string; folder: string; writes: boolean; isPrivate: boolean }): Finding {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  if (stat === undefined) {
    if (isPrivate) return note(`${key} ${folder} is not there yet: it is made when it is needed`)
    return problem(`${key} ${folder} is not there`, `Make the folder, or correct [LUSTRE] ${key}.`)
  }
  if (!statSync(folder).isDirectory()) return problem(`${key} ${folder} is no folder`, `Correct ${key}.`)
  if (isPrivate && (stat.uid !== 0 || (stat.mode & OTHERS_WRITE) !== 0)) {
    return problem(`${key} ${folder} can be changed by others than root`, `chown root ${folder} && chmod go-w ${folder}`)
  }
  if (writes) tryToWrite(folder)
  return fine(`${key} ${folder}`)
}

/** The permissions say little: the file system may be read-only, or map root to nobody. */
function tryToWrite(folder: string): void {
  accessSync(folder, constants.W_OK)
  rmdirSync(mkdtempSync(join(folder, '.lustrebackup-doctor-')))
}

async function checkSpace({ config }: HostPorts): Promise<Finding[]> {
  const folders = [...new Set([config.lustre.dataPath, config.lustre.metaBasepath, config.global.logdir])]
  const found = await Promise.all(
    folders.map(async (folder) => ({ folder, space: await statfs(folder, { bigint: true }).catch(() => null) })),
  )
  return found.flatMap(({ folder, space }) => {
    if (space === null || space.blocks === 0n) return []
    const text = `${formatBytes(space.bavail * space.bsize)} of ${formatBytes(space.blocks * space.bsize)} free at ${folder}`
    if (space.files > 0n && space.ffree * 100n < space.files * FREE_PERCENT) {
      return [warning(`${text}, but only ${space.ffree} of ${space.files} inodes`, 'Make room for more files.')]
    }
    return [space.bavail * 100n < space.blocks * FREE_PERCENT ? warning(text, 'Make room.') : fine(text)]
  })
}

async function checkClock({ exec }: HostPorts): Promise<Finding> {
  const result = await exec.run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], QUICK).catch(() => null)
  const said = result?.stdout.toString('utf8').trim() ?? ''
  if (said === 'yes') return fine('synchronised')
  if (said === 'no')
    return warning('the clock of this host is not synchronised', 'Start chrony or another NTP client: snapshots are named after the time.')
  return note('nothing says whether the clock is synchronised')
}
