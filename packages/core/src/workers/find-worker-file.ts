import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LustrebackupError } from '../errors/errors.js'

/** Where a worker lies in an installation (beside the bundles), and in a built checkout (in its own folder). */
const DOMAINS = ['changelog', 'backupmap', 'filediff', 'restore', 'verify']
const FOLDERS = ['./workers/', '../workers/', ...DOMAINS.flatMap((domain) => [`../${domain}/`, `../../dist/${domain}/`])]

/** The file of a worker. Node 20 starts no thread from TypeScript, so that even from source it is the built one. */
export function findWorkerFile(name: string): string {
  const tried = FOLDERS.map((folder) => fileURLToPath(new URL(`${folder}${name}.worker.js`, import.meta.url)))
  const found = tried.find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new LustrebackupError('WORKER_MISSING', `starting a thread for ${name}: none of these files exists: ${tried.join(', ')}`, {
    hint: 'Build the software (npm run build), or install it again.',
  })
}
