import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkNode } from './install-arguments.mjs'
import { writePayload } from './payload.mjs'
import { placePayload, removeInstallation } from './place.mjs'
import { ROOT, reportFailure, runLocked } from './process.mjs'

/** Installs in a process of its own under the lock of this checkout, so that two installations do not clean up after each other. */
export function runInstall(wanted) {
  checkNode(wanted.node)
  return runLocked(fileURLToPath(import.meta.url), [JSON.stringify(wanted)])
}

export function runUninstall(wanted) {
  console.log(`removed lustrebackup from ${removeInstallation(wanted)}`)
  return 0
}

async function install(wanted) {
  await withPayload((payload) => {
    const { version, base } = placePayload(payload, wanted)
    console.log(`installed lustrebackup ${version} in ${base}, to be run with ${wanted.node}`)
  })
}

/** Makes a payload for as long as `use` needs it. */
export async function withPayload(use) {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, 'build', 'payload-'))
  try {
    await writePayload(folder)
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await install(JSON.parse(process.argv[2]))
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
