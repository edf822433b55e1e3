import { Lustresim } from '../sim.js'
import { processContext } from './shim-io.js'
import { runTool } from './tools.js'

/** Called by the wrappers in ROOT/bin as `main.js ROOT TOOL [FIRST ARGUMENTS] ARGUMENTS…`, where no server does the work. */
const [root = '', tool = '', ...args] = process.argv.slice(2)
process.exitCode = await runTool(tool, processContext(Lustresim.open(root), args))
