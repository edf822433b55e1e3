import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runQuiet } from './process.mjs'

const STAMP = join(ROOT, 'node_modules', '.bootstrap-stamp')

/** Installs exactly what the lockfile says with the pnpm that package.json names. Skipped when that was done already. */
export async function installPackages() {
  const digest = manifestDigest()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  console.error(`installing npm packages with ${packageManager}`)
  // CI: pnpm then never asks, such as whether it may replace node_modules.
  const env = { ...process.env, CI: 'true' }
  await runQuiet('installing npm packages', 'npx', ['--yes', packageManager, 'install', '--frozen-lockfile'], { env })
  writeFileSync(STAMP, digest)
}

/** Changes when what has to be installed, or how, changes. */
function manifestDigest() {
  const manifests = ['packages', 'native'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name, 'package.json')),
  )
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests.toSorted()]) {
    if (existsSync(join(ROOT, file))) hash.update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex')
}
