import { parseOptions } from './getopt.js'
import { resolveMdt } from './mdt-name.js'
import type { ShimContext } from './shim-io.js'

/** `lctl --device FS-MDT0000 changelog_register [-n] [-u NAME] [-m MASK]`. */
export function changelogRegister(context: ShimContext, device: string | null): number {
  const target = device === null ? null : resolveMdt(context.sim, device)
  if (!target || target.snapshot) return noDevice(context, device)
  const { values } = parseOptions(context.args, { 'm:': 'mask', n: 'nameonly', 'u:': 'user', h: 'help' })
  const { core } = target.filesystem
  core.begin()
  const log = core.logs[target.mdtIndex]!
  const name = values.get('user') ?? null
  if (name !== null && log.meta.users.some((user) => user.id.endsWith(`-${name}`))) {
    context.err('error: changelog_register: User exists\n')
    core.flush()
    return 17
  }
  const id = log.register(core.seconds(), name, values.get('mask')?.replace(/^\+/, '').toUpperCase() ?? null)
  core.flush()
  context.out(values.has('nameonly') ? `${id}\n` : `${device}: Registered changelog userid '${id}'\n`)
  return 0
}

/** `lctl --device FS-MDT0000 changelog_deregister ID`. */
export function changelogDeregister(context: ShimContext, device: string | null): number {
  const target = device === null ? null : resolveMdt(context.sim, device)
  if (!target || target.snapshot) return noDevice(context, device)
  const { values, operands } = parseOptions(context.args, { h: 'help', 'u:': 'user' })
  const { core } = target.filesystem
  core.begin()
  const log = core.logs[target.mdtIndex]!
  const named = log.meta.users.find((user) => values.has('user') && user.id.endsWith(`-${values.get('user')}`))
  const id = operands[0] ?? named?.id ?? ''
  const found = log.deregister(/^\d+$/.test(id) ? `cl${id}` : id)
  core.flush()
  if (!found) {
    context.err('error: changelog_deregister: User not found\n')
    return 2
  }
  context.out(`${device}: Deregistered changelog user #${/\d+/.exec(id)?.[0]}\n`)
  return 0
}

function noDevice(context: ShimContext, device: string | null): number {
  context.err(`Reader error: 'Object not found' at 0\nNo device found for name ${device ?? '?'}: Invalid argument\n`)
  return 1
}
