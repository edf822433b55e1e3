// Builds the simulated liblustreapi.so.1 and its helpers with nothing but a C compiler; does nothing when all are up to date.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const build = join(here, '..', 'build')
const compiler = process.env.CC || 'cc'
const common = ['-std=c11', '-O2', '-Wall', '-Wextra', '-pthread']
const librarySources = ['trees.c', 'lookup.c', 'changelog.c', 'faults.c', 'lock.c']

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
const newestSource = Math.max(...readdirSync(here).map((name) => modified(join(here, name))))

/** Compiles to a name of its own and renames, so that two builds at once do not disturb each other. */
function compile(output, args) {
  const path = join(build, output)
  if (modified(path) > newestSource) return
  const temporary = `${path}.${process.pid}`
  const result = spawnSync(compiler, [...common, ...args, '-o', temporary], { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.error) {
    console.error(
      `lustresim: cannot start the C compiler '${compiler}': ${result.error.message}. Install one (apt install gcc), or set CC.`,
    )
    process.exit(1)
  }
  if (result.status !== 0) process.exit(1)
  renameSync(temporary, path)
}

mkdirSync(build, { recursive: true })
compile('liblustreapi.so.1', ['-shared', '-fPIC', '-fvisibility=default', '-Wl,-soname,liblustreapi.so.1', ...librarySources, '-ldl'])
compile('simtool', ['simtool.c'])
compile('shim-client', ['shim-client.c'])
