import { loadUsableMap } from '../backupmap/map-folder.js'
import { formatCount, formatDuration } from '../cli/format-units.js'
import type { Config } from '../config/config-types.js'
import { reasonOf } from '../errors/errors.js'
import type { Lustre } from '../lustre/lustre-port.js'
import type { SnapshotStore } from '../snapshot/snapshot-port.js'
import { loadBackup } from '../source/source-backup.js'
import type { RemoteHost } from '../ssh/remote-port.js'
import type { MetaLayout } from '../state/meta-layout.js'
import { type BacklogPorts, findBacklogs } from '../status/backlog-run.js'
import { type Check, type Finding, fine, note, problem, warning } from './doctor-types.js'

const SSH_SECONDS = 60
/** Clocks that differ by more than this give snapshots names that mislead. */
const CLOCK_TOLERANCE_SECONDS = 300

export interface SitePorts extends BacklogPorts {
  readonly layout: MetaLayout
  readonly snapshots: SnapshotStore
  remote(host: string): RemoteHost
}

/** What a source needs of Lustre and of its MGS. */
export function sourceChecks(ports: SitePorts): Check[] {
  return [
    { name: 'MGS', run: () => checkMgs(ports) },
    { name: 'MDTs', run: async () => [await checkMdts(await ports.openLustre(1), ports.config)] },
    { name: 'changelogs', run: () => checkChangelogs(ports) },
    { name: 'changelog mask', run: async () => checkMask(ports) },
  ]
}

/** What a target needs of its own file system and of the source. */
export function targetChecks(ports: SitePorts): Check[] {
  const own: Check[] = ports.config.backup.snapshotBackend === 'none' ? [] : [{ name: 'MGS', run: () => checkMgs(ports) }]
  return [
    ...own,
    { name: 'ssh to the source', run: async () => [await checkSsh(ports)] },
    { name: 'forced command', run: async () => [await checkForcedCommand(ports)] },
  ]
}

async function checkMgs({ snapshots, nowSeconds }: SitePorts): Promise<Finding[]> {
  const all = await snapshots.list()
  const newest = all.find(({ ours }) => ours) ?? null
  const answers = fine(`answers; ${formatCount(all.length, 'snapshot')}, newest of lustrebackup: ${newest?.name ?? 'none'}`)
  const ahead = newest === null ? 0 : newest.timestamp - nowSeconds()
  if (ahead <= CLOCK_TOLERANCE_SECONDS) return [answers]
  return [
    answers,
    problem(
      `${newest!.name} is ${formatDuration(ahead)} in the future`,
      'Set the clocks of this host and of the servers by NTP; see docs/retention.md on such snapshots.',
    ),
  ]
}

async function checkMdts(lustre: Lustre, { lustre: settings }: Config): Promise<Finding> {
  const count = await lustre.mdtCount(settings.dataMount)
  if (count === settings.mdts.length) return fine(`${settings.mdts.join(', ')}: all of them`)
  const all = Array.from({ length: count }, (_, index) => `MDT${index.toString(16).padStart(4, '0')}`)
  return problem(
    `the file system has ${count} MDTs, the configuration names ${settings.mdts.join(', ')}`,
    `[LUSTRE] mdt = ${all.join(', ')}`,
  )
}

async function checkChangelogs(ports: SitePorts): Promise<Finding[]> {
  const backlogs = await findBacklogs(loadBackup(ports.layout, 'last_backup'), ports)
  return backlogs.map(({ mdt, user, recordCount, leftSeconds, missing }) => {
    const device = `${ports.config.lustre.fsname}-${mdt}`
    if (missing)
      return problem(
        `the user ${user} is not registered on ${mdt}`,
        `On the MDS: lctl --device ${device} changelog_register, and put what it prints into [LUSTRE] changelog_user.`,
      )
    if (recordCount === null)
      return problem(
        `the changelog of ${mdt} cannot be read`,
        `On the MDS: lctl get_param mdd.${device}.changelog_users; see the log of this command for the reason.`,
      )
    const left = leftSeconds === null ? '' : `; Lustre keeps them for about ${formatDuration(leftSeconds)} more`
    return fine(`${mdt}: ${formatCount(recordCount, 'record')} that no backup has yet${left}`)
  })
}

/** Which records an MDT leaves out only its own node knows; that the last snapshot was proven to have all of them is what counts. */
function checkMask({ layout }: SitePorts): Finding[] {
  const last = loadBackup(layout, 'last_backup')
  const map = last === null ? null : loadUsableMap(layout, { timestamp: last.timestamp, name: last.snapshotName })
  if (map === null) return [note('not proven yet: each snapshot is tested when its map is made')]
  const { unproven } = map.header
  if (unproven.length === 0) return [fine(`the changelogs of ${last!.snapshotName} were proven to hold everything`)]
  return unproven.map((reason) => warning(reason, 'See docs/changelog-proof.md. The next map has to be a full one.'))
}

async function checkSsh({ config, remote, signal }: SitePorts): Promise<Finding> {
  const host = remote(config.source.host)
  const result = await host.run(['stat', config.lustre.metaBasepath], { timeoutSeconds: SSH_SECONDS, signal })
  return fine(`${config.source.host} lets us in (it answered with exit code ${result.exitCode})`)
}

/** Asks for something harmless that has to be refused. */
async function checkForcedCommand({ config, remote, signal }: SitePorts): Promise<Finding> {
  const { host, conf } = config.source
  const line = `In authorized_keys there, put command="…/lustrebackup_ssh_command_validator.sh -c ${conf}" before our key; see docs/install.md.`
  const result = await remote(host).run(['true'], { timeoutSeconds: SSH_SECONDS, signal })
  if (/lustrebackup_ssh_command_validator: refused/.test(result.stderr)) return fine('refuses what it has to refuse')
  if (result.exitCode === 0) return problem(`our key may run anything on ${host}`, line)
  return warning(
    `${host} refused "true" with exit code ${result.exitCode}, but not as the forced command does: ${reasonOf(result.stderr.trim())}`,
    line,
  )
}
