import { readFileSync } from 'node:fs'
import { type ChangelogMeta, parseMeta } from '../changelog-meta.js'
import { mdtName } from '../layout.js'
import { fsnameOf, loadMounts } from '../mounts.js'
import { RecordType } from '../record-types.js'
import type { Lustresim } from '../sim.js'
import { parseOptions, splitOnce } from './getopt.js'
import { changelogBase, resolveMdt } from './mdt-name.js'
import type { ShimContext } from './shim-io.js'

/** Client parameters that a backup sets on snapshot mounts; they change nothing here. */
const ACCEPTED =
  /^(mdc\..*\.mdc_lsom|llite\..*\.(xattr_cache|opencache_[a-z_]+|max_cached_mb)|ldlm\.namespaces\..*\.lru_size|mdd\..*\.changelog_[a-z_]+)$/

/** `lctl get_param [-n] PATTERN…`. */
export function getParam(context: ShimContext): number {
  const { values, operands } = parseOptions(context.args, { n: 'no-name', N: 'only-name', F: 'classify' })
  const parameters = listParameters(context.sim)
  let exitCode = 0
  for (const pattern of operands) {
    const matching = [...parameters.keys()].filter((name) => matches(pattern, name))
    if (matching.length === 0) {
      context.err(`error: get_param: param_path '${pattern.replaceAll('.', '/')}': No such file or directory\n`)
      exitCode = 2
    }
    for (const name of matching) context.out(show(name, parameters.get(name)!(), values))
  }
  return exitCode
}

function show(name: string, value: string, flags: ReadonlyMap<string, string>): string {
  if (flags.has('only-name')) return `${name}\n`
  if (flags.has('no-name')) return `${value}\n`
  return value.includes('\n') ? `${name}=\n${value}\n` : `${name}=${value}\n`
}

/** `lctl set_param [-P] NAME=VALUE…`. */
export function setParam(context: ShimContext): number {
  const { operands } = parseOptions(context.args, { n: 'no-name', P: 'permanent', F: 'classify' })
  let exitCode = 0
  for (const operand of operands) {
    const [pattern, value = ''] = splitOnce(operand, '=')
    const masks = pattern.endsWith('.changelog_mask')
      ? [...listParameters(context.sim).keys()].filter((name) => matches(pattern, name))
      : []
    for (const name of masks) setMask(context.sim, name.split('.')[1]!, value)
    if (masks.length === 0 && !ACCEPTED.test(pattern)) {
      context.err(`error: set_param: param_path '${pattern.replaceAll('.', '/')}': No such file or directory\n`)
      exitCode = 2
    } else {
      context.out(`${operand}\n`)
    }
  }
  return exitCode
}

/** `+TYPE` and `-TYPE` change the mask, anything else replaces it. */
function setMask(sim: Lustresim, device: string, value: string): void {
  const target = resolveMdt(sim, device)
  if (!target || target.snapshot) return
  const { core } = target.filesystem
  core.begin()
  const log = core.logs[target.mdtIndex]!
  const words = value.split(/[\s,]+/).filter((word) => word !== '')
  const isChange = words.every((word) => /^[+-]/.test(word))
  const chosen = new Set(isChange ? log.meta.mask : [])
  for (const word of words) {
    const name = word.replace(/^[+-]/, '').toUpperCase()
    if (word.startsWith('-')) chosen.delete(name)
    else chosen.add(name)
  }
  log.setMask(Object.keys(RecordType).filter((name) => name === 'MARK' || chosen.has(name)))
  core.flush()
}

/** Every parameter by its name; values are computed when asked for. */
function listParameters(sim: Lustresim): Map<string, () => string> {
  const parameters = new Map<string, () => string>([
    ['version', () => '2.17.0'],
    ['health_check', () => 'healthy'],
  ])
  for (const filesystem of sim.filesystems()) {
    const names = [filesystem.name, ...filesystem.snapshots.list().flatMap((info) => (info.mounted ? [info.fsname] : []))]
    for (const fsname of names) {
      const devices = filesystem.core.logs.map((_, at) => `${fsname}-${mdtName(at)}`)
      for (const device of devices) if (resolveMdt(sim, device)) addMdt(parameters, sim, device)
    }
  }
  for (const entry of loadMounts(sim.paths.mtab)) addClient(parameters, fsnameOf(entry), sim)
  return parameters
}

function addMdt(parameters: Map<string, () => string>, sim: Lustresim, device: string): void {
  const meta = () => parseMeta(readFileSync(`${changelogBase(resolveMdt(sim, device)!)}.meta`, 'latin1'))
  const mask = () => `${meta().mask.join(' ')} `
  parameters.set(`mdd.${device}.changelog_users`, () => formatUsers(meta(), Number(sim.filesystems()[0]!.core.now() / 1_000_000_000n)))
  parameters.set(`mdd.${device}.changelog_mask`, mask)
  parameters.set(`mdd.${device}.changelog_current_mask`, mask)
  parameters.set(`mdd.${device}.changelog_gc`, () => '1')
  parameters.set(`mdd.${device}.changelog_max_idle_time`, () => '2592000')
}

function addClient(parameters: Map<string, () => string>, fsname: string, sim: Lustresim): void {
  parameters.set(`llite.${fsname}-ffff000000000000.fstype`, () => 'lustre')
  parameters.set(`llite.${fsname}-ffff000000000000.xattr_cache`, () => '1')
  const filesystem = sim
    .filesystems()
    .find((candidate) => candidate.name === fsname || candidate.snapshots.list().some((info) => info.fsname === fsname))
  for (const target of filesystem ? filesystem.core.logs.map((_, at) => `${fsname}-${mdtName(at)}`) : []) {
    parameters.set(`mdc.${target}-mdc-ffff000000000000.mds_server_uuid`, () => `${target}_UUID\tFULL`)
    parameters.set(`mdc.${target}-mdc-ffff000000000000.mdc_lsom`, () => 'on')
  }
}

function formatUsers(meta: ChangelogMeta, nowSeconds: number): string {
  const users = meta.users.map((user) => {
    const idle = `(${Math.max(0, nowSeconds - user.timeSeconds)})`
    return `${user.id.padEnd(24)} ${String(user.index).padStart(10)} ${idle}${user.mask === null ? '' : ` mask=${user.mask}`}`
  })
  return [`current_index: ${meta.last}`, 'ID                            index (idle) mask', ...users].join('\n')
}

/** Shell wildcards; a dot or a slash separates. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll('/', '.')
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '[^.]*')
    .replaceAll('?', '[^.]')
  return new RegExp(`^${source}$`).test(name)
}
