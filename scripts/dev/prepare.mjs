import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAll } from './build.mjs'
import { installPackages } from './packages.mjs'
import { findProgram, ROOT, runInherited } from './process.mjs'
import { ensureSystem } from './system.mjs'

/**
 * System packages, npm packages, build; gives the exit code. `build` asks only for what a build needs, `everything` for what tests and demo need too.
 * Calls at the same time wait for each other. The lock is the kernel's (flock), so a killed run leaves none behind.
 */
export async function prepare(extent) {
  const flock = findProgram('flock')
  if (flock === null) return prepareUnlocked(extent)
  const folder = join(ROOT, 'build')
  mkdirSync(folder, { recursive: true })
  const self = fileURLToPath(import.meta.url)
  // -o: the children must not inherit the lock, or a daemon that one of them leaves would keep it.
  const code = await runInherited(flock, ['-o', join(folder, 'bootstrap.lock'), process.execPath, self, extent])
  if (code !== 0) process.exit(code)
  return 0
}

async function prepareUnlocked(extent) {
  await ensureSystem(extent)
  await installPackages()
  await buildAll()
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepareUnlocked(process.argv[2]).catch((error) => {
    console.error(error.name === 'StepError' ? `\nlustrebackup: ${error.message}` : error)
    process.exitCode = error.exitCode ?? 1
  })
}
