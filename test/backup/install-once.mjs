import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Installs the commands under PREFIX unless MARKER says that an earlier call has. Run under a lock. */
const [prefix, marker] = process.argv.slice(2)
const bootstrap = fileURLToPath(new URL('../../scripts/dev/bootstrap.mjs', import.meta.url))
if (!existsSync(marker)) {
  execFileSync(process.execPath, [bootstrap, 'install-prefix', prefix], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(marker, '')
}
