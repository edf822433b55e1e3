import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { framePlugin, importedLater } from './frame.mjs'
import { ROOT, StepError } from './process.mjs'

const ENTRY = /^packages\/([a-z]+-cli)\/src\/bin\/(lustrebackup_[a-z_]+)\.ts$/
const WORKER = /^packages\/core\/src\/(.+\/)?([^/]+\.worker)\.ts$/

/** A CommonJS dependency (ssh2, pino) that asks for a built-in module, or for native code that it can do without, finds `require`. */
const REQUIRE = `import { createRequire as lustrebackupCreateRequire } from 'node:module'
globalThis.require ??= lustrebackupCreateRequire(import.meta.url)`

const COMMON = {
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  external: ['cpu-features', '*.node'],
  // Of a library that has both, what is not used of an ES module is left out.
  mainFields: ['module', 'main'],
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  banner: { js: REQUIRE },
  logLevel: 'warning',
  absWorkingDir: ROOT,
}

/** The entry of every command, in the order of their names. */
export function commandSources() {
  return sourcesOf(ENTRY).toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))
}

/** Names of the commands that the sources have, sorted. */
export function commandNames() {
  return commandSources().map((source) => basename(source, '.ts'))
}

/**
 * Bundles every command to FOLDER/NAME.js and every worker to FOLDER/workers/NAME.worker.js. What commands share lies in chunks beside them,
 * so that a command reads only what it uses. A worker is one file: it shares nothing with the thread that starts it.
 */
export async function bundleAll(folder) {
  const { build } = await import('esbuild')
  const commands = entryPoints(ENTRY)
  const options = { ...COMMON, entryPoints: commands, outdir: folder, splitting: true }
  const { metafile } = await build({ ...options, metafile: true, write: false })
  await build({ ...options, plugins: [framePlugin(framesOf(Object.values(commands), metafile))] })
  await build({ ...COMMON, entryPoints: entryPoints(WORKER), outdir: join(folder, 'workers') })
}

/** What the plugin is told: commands begin with their declarations, go on with `openApp`, and import the rest when they need it. */
function framesOf(entries, metafile) {
  const [runCommand, optionValues, openApp] = ['run-command', 'option-values', 'open-app'].map((name) =>
    join(ROOT, `packages/core/dist/cli/${name}.js`),
  )
  const entryPaths = entries.map((entry) => relative(ROOT, entry))
  const parts = importedLater(metafile, entryPaths).filter((path) => path.startsWith('packages/'))
  return { entries, always: [runCommand, optionValues], next: openApp, parts: parts.map((path) => join(ROOT, path)) }
}

/** The compiled file of a source. */
function compiled(source) {
  return join(ROOT, source.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))
}

/** Output name without `.js` → compiled file. The sources say what there is; what is compiled from a deleted source is not picked up. */
function entryPoints(pattern) {
  const entries = {}
  for (const source of sourcesOf(pattern)) {
    const name = basename(source, '.ts')
    if (name in entries) throw new StepError(`two sources have the name ${name}: the installation cannot hold both`)
    entries[name] = compiled(source)
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
