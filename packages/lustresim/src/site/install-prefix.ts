import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `packages/lustresim/{src,dist}/site` in a checkout: commands are installed from the checkout that this runs in. */
const BOOTSTRAP = fileURLToPath(new URL('../../../../scripts/dev/bootstrap.mjs', import.meta.url))

/** Installs the commands of this checkout, as `npm run install:prefix` does. */
export function installPrefix(prefix: string): void {
  execFileSync(process.execPath, [BOOTSTRAP, 'install-prefix', prefix], { stdio: ['ignore', 'ignore', 'inherit'] })
}
