import type { SnapshotInfo } from '../snapshot-info.js'
import { allRoles } from '../snapshot-info.js'
import { SnapshotError, type Snapshots } from '../snapshots.js'
import { type ParsedOptions, parseOptions } from './getopt.js'
import { USAGE } from './lctl-usage.js'
import type { ShimContext } from './shim-io.js'

const OPTIONS = {
  'b:': 'barrier',
  'c:': 'comment',
  'F:': 'fsname',
  h: 'help',
  'n:': 'name',
  'N:': 'new',
  'r:': 'rsh',
  't:': 'timeout',
  d: 'detail',
  f: 'force',
}

const MISSING_NAME: Readonly<Record<string, string>> = {
  create: 'Miss the snapshot name to be created',
  destroy: 'Miss the snapshot name to be destroyed',
  mount: 'Miss the snapshot name to be mounted',
  umount: 'Miss the snapshot name to be umounted',
  modify: 'Miss the snapshot name to be modified',
}

/** `lctl snapshot_ACTION -F FSNAME …`: messages on stderr and exit codes as a real MGS gives them. */
export function snapshotCommand(context: ShimContext, action: string): number {
  const options = parseOptions(context.args, OPTIONS)
  const usage = USAGE[action]
  if (usage === undefined) return complain(context, 1, [`lctl: 'snapshot_${action}' is not a command`])
  if (options.values.has('help')) return complain(context, 0, [usage])
  const fsname = options.values.get('fsname')
  if (!fsname) return complain(context, 22, ['The fsname must be specified', usage])
  const name = options.values.get('name')
  if (!name && MISSING_NAME[action]) return complain(context, 22, [MISSING_NAME[action], usage])
  // ldev.conf is read with a prefix compare: srcX finds src.
  const filesystem = context.sim.filesystems().find((candidate) => fsname.startsWith(candidate.name))
  if (!filesystem) return complain(context, 1, ['Miss MDT0 in the config file /etc/ldev.conf'])
  try {
    runAction(context, action, { snapshots: filesystem.snapshots, fsname, name: name ?? null, options })
    return 0
  } catch (error) {
    if (error instanceof SnapshotError) return complain(context, error.exitCode, error.lines)
    throw error
  }
}

interface Request {
  readonly snapshots: Snapshots
  readonly fsname: string
  readonly name: string | null
  readonly options: ParsedOptions
}

function runAction(context: ShimContext, action: string, { snapshots, fsname, name, options }: Request): void {
  const { values } = options
  switch (action) {
    case 'create':
      snapshots.create(name!, { comment: values.get('comment') ?? null })
      return
    case 'mount':
      context.out(`mounted the snapshot ${name} with fsname ${snapshots.mount(name!).fsname}\n`)
      return
    case 'umount':
      snapshots.umount(name!)
      return
    case 'destroy':
      snapshots.destroy(name!, values.has('force'))
      return
    case 'modify':
      snapshots.modify(name!, modification(values))
      return
    default:
      context.out(list(snapshots, fsname, name, values.has('detail')))
  }
}

function modification(values: ReadonlyMap<string, string>) {
  const comment = values.get('comment')
  const newName = values.get('new')
  return { ...(comment !== undefined && { comment }), ...(newName !== undefined && { newName }) }
}

function list(snapshots: Snapshots, fsname: string, name: string | null, isDetailed: boolean): string {
  const chosen = snapshots.list().filter((info) => name === null || info.name === name)
  if (name !== null && chosen.length === 0) throw new SnapshotError(22, [`Can't list the snapshot ${name}`])
  return chosen.map((info) => listOne(snapshots, fsname, info, isDetailed)).join('')
}

function listOne(snapshots: Snapshots, fsname: string, info: SnapshotInfo, isDetailed: boolean): string {
  const head = `\nfilesystem_name: ${fsname}\nsnapshot_name: ${info.name}\n`
  if (!isDetailed) return `${head}${properties(info, 0)}status: ${status(info)}\n`
  const pieces = allRoles(snapshots.core.config).map((role, at) => {
    const known = info.pieces.includes(role) ? properties(info, at) : ''
    return `\nsnapshot_role: ${role}\n${known}status: ${known === '' ? 'not mount' : status(info)}\n`
  })
  return head + pieces.join('')
}

const status = (info: SnapshotInfo) => (info.mounted ? 'mounted' : 'not mount')

/** The lines come in varying order, and values end in a blank, except times. */
function properties(info: SnapshotInfo, variation: number): string {
  const lines = [
    `create_time: ${ctime(info.createSeconds)}\n`,
    `modify_time: ${ctime(info.modifySeconds)}\n`,
    `snapshot_fsname: ${info.fsname} \n`,
    ...(info.comment === null || info.comment === '' ? [] : [`comment: ${info.comment} \n`]),
  ]
  const turn = (Number.parseInt(info.fsname.slice(-2), 16) + variation) % lines.length
  return [...lines.slice(turn), ...lines.slice(0, turn)].join('')
}

/** `Sun Nov 22 22:21:09 2026`, in the local time of the MGS, as ctime(3) has it. */
function ctime(seconds: number): string {
  const [weekday, month, day, year, time] = new Date(seconds * 1000).toString().split(' ')
  return `${weekday} ${month} ${String(Number(day)).padStart(2, ' ')} ${time} ${year}`
}

function complain(context: ShimContext, exitCode: number, lines: readonly string[]): number {
  context.err(`${lines.join('\n')}\n`)
  return exitCode
}
