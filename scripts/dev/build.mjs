import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT, runInherited, StepError } from './process.mjs'

/** Each skips itself when its output is up to date. */
const NATIVE_BUILDS = ['native/lustreapi/build.mjs', 'packages/lustresim/native/build.mjs']

/** Native code first: the TypeScript build does not need it, but whatever runs afterwards does. */
export async function buildAll() {
  for (const script of NATIVE_BUILDS) {
    if (existsSync(join(ROOT, script))) await runStep(script, script, [])
  }
  await runStep('compiling TypeScript', programOf('typescript', 'tsc'), ['-b'])
}

/** Path of the script behind a package's command, to be run with the Node that runs this: no PATH and no shell wrapper between. */
export function programOf(packageName, command) {
  const manifest = join(ROOT, 'node_modules', packageName, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
}

async function runStep(what, script, args) {
  const code = await runInherited(process.execPath, [script, ...args])
  if (code !== 0) throw new StepError(`${what} failed with exit code ${code}`)
}
