import { Lustresim } from '../sim.js'
import { findmnt } from './findmnt.js'
import { lctl } from './lctl.js'
import { lfs } from './lfs.js'
import { mount, umount } from './mount.js'
import { processContext, type ShimContext } from './shim-io.js'

/** Called by the wrappers in ROOT/bin as `main.js ROOT TOOL [FIRST ARGUMENTS] ARGUMENTS…`. */
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

const [root = '', tool = '', ...args] = process.argv.slice(2)
process.exitCode = await TOOLS[tool]!(processContext(Lustresim.open(root), args))
