import { setTimeout } from 'node:timers/promises'
import { MountError, mountClient, ServerNotMountedError, umountClient } from '../client-mount.js'
import { loadFaults } from '../faults.js'
import { loadMounts } from '../mounts.js'
import type { ShimContext } from './shim-io.js'

const FOR_EVER_MS = 2_000_000_000

/** `mount -t lustre [-o OPTIONS] NID:/FSNAME DIR`; everything else goes to the real program. */
export async function mount(context: ShimContext): Promise<number> {
  const request = parseMount(context.args)
  if (!request) return context.passOn('mount', context.args)
  if (request.operands.length === 0) return listLustre(context)
  const [source = '', target = ''] = request.operands
  try {
    mountClient(context.sim.paths, context.sim.config.filesystems, context.sim.config.mounts, { source, target, options: request.options })
    return 0
  } catch (error) {
    if (error instanceof ServerNotMountedError) {
      // A real client waits for the servers for ever; whoever called must give up.
      await setTimeout(loadFaults(context.sim.paths.faults).mount_hang_ms ?? FOR_EVER_MS)
      context.err(`mount.lustre: mount ${source} at ${target} failed: Connection timed out\n`)
      return 110
    }
    if (!(error instanceof MountError)) throw error
    context.err(`${error.message}\n`)
    return error.exitCode
  }
}

/** The request, when it is one for a Lustre mount. */
function parseMount(args: readonly string[]) {
  const operands: string[] = []
  const options: string[] = []
  let type: string | undefined
  const queue = [...args]
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '-t' || arg === '--types') type = queue.shift()
    else if (arg.startsWith('-t')) type = arg.slice(2)
    else if (arg.startsWith('--types=')) type = arg.slice(8)
    else if (arg === '-o' || arg === '--options') options.push(...(queue.shift() ?? '').split(','))
    else if (arg.startsWith('-o')) options.push(...arg.slice(2).split(','))
    else if (arg.startsWith('--options=')) options.push(...arg.slice(10).split(','))
    else if (arg === '-r' || arg === '--read-only') options.push('ro')
    else if (!arg.startsWith('-')) operands.push(arg)
  }
  return type === 'lustre' ? { operands, options } : null
}

function listLustre(context: ShimContext): number {
  for (const { source, target, options } of loadMounts(context.sim.paths.mtab))
    context.out(`${source} on ${target} type lustre (${options})\n`)
  return 0
}

/** `umount [-f] [-l] DIR…`: the simulator's own mounts, and the real program for all others. */
export function umount(context: ShimContext): number {
  const flags = context.args.filter((arg) => arg.startsWith('-'))
  const operands = context.args.filter((arg) => !arg.startsWith('-'))
  if (operands.length === 0) return context.passOn('umount', context.args)
  let exitCode = 0
  for (const target of operands) {
    try {
      if (!umountClient(context.sim.paths, target, flags)) exitCode = context.passOn('umount', [...flags, target]) || exitCode
    } catch (error) {
      if (!(error instanceof MountError)) throw error
      context.err(`${error.message}\n`)
      exitCode = error.exitCode
    }
  }
  return exitCode
}
