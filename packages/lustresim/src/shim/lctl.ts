import { loadFaults } from '../faults.js'
import { changelogDeregister, changelogRegister } from './lctl-changelog.js'
import { getParam, setParam } from './lctl-param.js'
import { snapshotCommand } from './lctl-snapshot.js'
import type { ShimContext } from './shim-io.js'

/** `lctl [--device NAME] COMMAND …`: the commands that a backup uses. */
export function lctl(context: ShimContext): number {
  const { device, command, args } = splitDevice(context.args)
  const inner = { ...context, args }
  const failure = loadFaults(context.sim.paths.faults).lctl_failures?.[command]
  if (failure !== undefined) {
    context.err(`lctl: ${command} failed (fault on request)\n`)
    return failure
  }
  if (command.startsWith('snapshot_')) return snapshotCommand(inner, command.slice('snapshot_'.length))
  switch (command) {
    case 'get_param':
      return getParam(inner)
    case 'set_param':
      return setParam(inner)
    case 'changelog_register':
      return changelogRegister(inner, device)
    case 'changelog_deregister':
      return changelogDeregister(inner, device)
    case 'barrier_stat':
      context.out('state: thawed\ntimeout: 0 seconds\n')
      return 0
    default:
      context.err(`lctl: '${command}' is not simulated\n`)
      return 1
  }
}

function splitDevice(args: readonly string[]) {
  const rest = [...args]
  const device = rest[0] === '--device' ? rest.splice(0, 2)[1]! : null
  return { device, command: rest[0] ?? '', args: rest.slice(1) }
}
