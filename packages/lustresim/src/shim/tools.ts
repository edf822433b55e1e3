import { findmnt } from './findmnt.js'
import { lctl } from './lctl.js'
import { lfs } from './lfs.js'
import { mount, umount } from './mount.js'
import type { ShimContext } from './shim-io.js'

const TOOLS: Readonly<Record<string, (context: ShimContext) => number | Promise<number>>> = {
  lctl,
  lfs,
  mount,
  umount,
  findmnt,
  lustre: ({ args, out }) => {
    out(args[0] === 'status' ? 'running\n' : '')
    return 0
  },
}

/** Runs one of the programs that the simulator stands in for; gives its exit code. */
export async function runTool(tool: string, context: ShimContext): Promise<number> {
  return await TOOLS[tool]!(context)
}
