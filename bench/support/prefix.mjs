import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, runInherited } from '../../scripts/dev/process.mjs'

/** Installs the commands as they are built now into a prefix that the benchmarks share. */
export async function benchPrefix() {
  const prefix = join(ROOT, 'node_modules/.cache/lustrebackup-bench-prefix')
  mkdirSync(prefix, { recursive: true })
  const exitCode = await runInherited(process.execPath, [join(ROOT, 'scripts/dev/bootstrap.mjs'), 'install-prefix', prefix])
  if (exitCode !== 0) throw new Error(`the commands could not be installed in ${prefix}`)
  return prefix
}
