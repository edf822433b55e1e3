import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT, StepError } from './process.mjs'

const ENTRY = /^packages\/([a-z]+-cli)\/src\/bin\/(lustrebackup_[a-z_]+)\.ts$/
const WORKER = /^packages\/core\/src\/(.+\/)?([^/]+\.worker)\.ts$/

/** A CommonJS dependency (ssh2, pino) that asks for a built-in module, or for native code that it can do without, finds `require`. */
const REQUIRE = `import { createRequire as lustrebackupCreateRequire } from 'node:module'
globalThis.require ??= lustrebackupCreateRequire(import.meta.url)`

/** The entry of every command, in the order of their names. */
export function commandSources() {
  return sourcesOf(ENTRY).toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))
}

/** Names of the commands that the sources have, sorted. */
export function commandNames() {
  return commandSources().map((source) => basename(source, '.ts'))
}

/**
 * Bundles every command to FOLDER/NAME.js and every worker to FOLDER/workers/NAME.worker.js. What they share lies in chunks beside the
 * commands, so that a command reads only what it uses: that keeps `--help` fast.
 */
export async function bundleAll(folder) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: entryPoints(),
    outdir: folder,
    entryNames: '[dir]/[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    external: ['cpu-features', '*.node'],
    define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
    banner: { js: REQUIRE },
    logLevel: 'warning',
    absWorkingDir: ROOT,
  })
}

/** Output name without `.js` → compiled file. The sources say what there is; what is compiled from a deleted source is not picked up. */
function entryPoints() {
  const entries = {}
  for (const source of [...sourcesOf(ENTRY), ...sourcesOf(WORKER)]) {
    const name = basename(source, '.ts')
    const output = name.endsWith('.worker') ? `workers/${name}` : name
    if (output in entries) throw new StepError(`two sources have the name ${name}: the installation cannot hold both`)
    entries[output] = join(ROOT, source.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))
  }
  return entries
}

function sourcesOf(pattern) {
  return readdirSync(join(ROOT, 'packages'))
    .filter((name) => existsSync(join(ROOT, 'packages', name, 'src')))
    .flatMap((name) =>
      readdirSync(join(ROOT, 'packages', name, 'src'), { recursive: true }).map((file) => join('packages', name, 'src', file)),
    )
    .filter((file) => pattern.test(file))
}
