import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { framePlugin, importedLater } from './frame.mjs'
import { ROOT, StepError } from './process.mjs'

const ENTRY = /^packages\/([a-z]+-cli)\/src\/bin\/(lustrebackup_[a-z_]+)\.ts$/
const WORKER = /^packages\/core\/src\/(.+\/)?([^/]+\.worker)\.ts$/

/** What `import.meta.url` becomes: CommonJS has none. */
const OWN_URL = 'lustrebackupOwnUrl'
const DEFINE_OWN_URL = `const ${OWN_URL} = require('node:url').pathToFileURL(__filename).href;`
/** As ES modules are. */
const STRICT = '"use strict";'

const COMMON = {
  entryNames: '[name]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['cpu-features', '*.node'],
  // Of a library that has both, what is not used of an ES module is left out.
  mainFields: ['module', 'main'],
  define: { 'import.meta.url': OWN_URL },
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
 * Bundles every command to FOLDER/NAME.js and every worker to FOLDER/workers/NAME.worker.js, as CommonJS: ES modules cannot be run from
 * bytecode. What commands consist of lies in FOLDER/chunks, so that a command reads only what it uses. A worker is one file: it shares
 * nothing with the thread that starts it.
 */
export async function bundleAll(folder) {
  const { build } = await import('esbuild')
  const commands = entryPoints(ENTRY)
  const chunks = join(folder, 'chunks')
  const options = { ...COMMON, entryPoints: commands, outdir: chunks, format: 'esm', splitting: true, write: false }
  const { metafile } = await build({ ...options, metafile: true })
  const plugins = [framePlugin(framesOf(Object.values(commands), metafile))]
  const { outputFiles } = await build({ ...options, plugins, sourcemap: 'inline' })
  mkdirSync(chunks, { recursive: true })
  await Promise.all(outputFiles.map(({ path, text }) => writeChunk(path, text)))
  for (const name of Object.keys(commands)) writeFileSync(join(folder, `${name}.js`), `require('./chunks.cjs').load('./${name}.js')\n`)
  cpSync(join(ROOT, 'scripts/release'), folder, { recursive: true })
  await build({
    ...COMMON,
    entryPoints: entryPoints(WORKER),
    outdir: join(folder, 'workers'),
    format: 'cjs',
    sourcemap: 'linked',
    banner: { js: STRICT + DEFINE_OWN_URL },
  })
}

/** esbuild splits ES modules only, so that each chunk is turned into CommonJS by itself. */
async function writeChunk(path, text) {
  const { transform } = await import('esbuild')
  const { code, map } = await transform(text.replace(/^#!.*/, ''), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    sourcemap: 'external',
    sourcefile: basename(path),
  })
  if (/[^\0-\x7f]/.test(code)) throw new StepError(`${path} is not ASCII: the commands could not read it`)
  // In the first line, which moves no line of the source map.
  const first = STRICT + (code.includes(OWN_URL) ? DEFINE_OWN_URL : '')
  writeFileSync(path, `${first}${code}//# sourceMappingURL=${basename(path)}.map\n`)
  writeFileSync(`${path}.map`, map)
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
