import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache/lustrebackup-crash')

/** Packages are used as they were built last, as by everything that runs as a process. */
const BUILT: Plugin = {
  name: 'built packages',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@lustrebackup\// }, ({ path }) => {
      const [, name, file] = /^@lustrebackup\/([a-z-]+)\/(.*)$/.exec(path)!
      const folder = name === 'lustreapi' ? 'native/lustreapi' : `packages/${name}`
      return { path: pathToFileURL(join(ROOT, folder, 'dist', `${file}.js`)).href, external: true }
    }),
}

/** Makes a program of a test's source file. Gives its path. */
export async function bundle(entry: string): Promise<string> {
  mkdirSync(CACHE, { recursive: true })
  const outfile = join(CACHE, `${entry.replace(/\.ts$/, '')}.${process.pid}.mjs`)
  const entryPoint = fileURLToPath(new URL(entry, import.meta.url))
  await build({ entryPoints: [entryPoint], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20', plugins: [BUILT] })
  return outfile
}
