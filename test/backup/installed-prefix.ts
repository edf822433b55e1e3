import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache/lustrebackup-prefix')
const INSTALL_ONCE = fileURLToPath(new URL('install-once.mjs', import.meta.url))
/** Installations that are kept: another run of the tests may still use the one before. */
const KEEP = 3

/** A prefix with the commands as they are built now. Installed once for all test files, and again only when the build is another. */
export function installedPrefix(): string {
  const folder = join(CACHE, buildKey())
  mkdirSync(folder, { recursive: true })
  const marker = join(folder, 'installed')
  execFileSync('flock', [join(CACHE, 'lock'), process.execPath, INSTALL_ONCE, join(folder, 'prefix'), marker], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const now = new Date()
  utimesSync(folder, now, now)
  removeOld()
  return join(folder, 'prefix')
}

/** Changes with every built file and every script. */
function buildKey(): string {
  const hash = createHash('sha256')
  for (const folder of ['scripts', 'native/lustreapi/build', ...packageFolders()]) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true }) as string[]) {
      if (!/\.(js|sh|node)$/.test(name)) continue
      const { mtimeMs, size } = statSync(join(ROOT, folder, name))
      hash.update(`${folder}/${name} ${mtimeMs} ${size}\n`)
    }
  }
  return hash.digest('hex').slice(0, 16)
}

function packageFolders(): string[] {
  const names = readdirSync(join(ROOT, 'packages')).filter((name) => name === 'core' || name.endsWith('-cli'))
  return names.map((name) => `packages/${name}/dist`).filter((folder) => existsSync(join(ROOT, folder)))
}

function removeOld(): void {
  const folders = readdirSync(CACHE).filter((name) => name !== 'lock')
  const newestFirst = folders.map((name) => ({ name, used: statSync(join(CACHE, name)).mtimeMs })).toSorted((a, b) => b.used - a.used)
  for (const { name } of newestFirst.slice(KEEP)) rmSync(join(CACHE, name), { recursive: true, force: true })
}
