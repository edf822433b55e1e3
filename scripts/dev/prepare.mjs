import { fileURLToPath } from 'node:url'
import { buildAll } from './build.mjs'
import { installPackages } from './packages.mjs'
import { reportFailure, runLocked } from './process.mjs'
import { ensureSystem } from './system.mjs'

/**
 * System packages, npm packages, build; gives the exit code. `build` asks only for what a build needs, `everything` for what tests and demo
 * need too. Calls at the same time wait for each other.
 */
export function prepare(extent) {
  return runLocked(fileURLToPath(import.meta.url), [extent])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureSystem(process.argv[2])
    await installPackages()
    await buildAll()
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
