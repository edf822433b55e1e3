// Compiles the addon with the system's C++ compiler. Node's headers come from npm packages, so nothing is downloaded and node-gyp is not
// needed; Lustre's headers are not needed either, its library is opened at run time.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const sourceDir = join(here, 'src')
const outputDir = join(here, 'build')
const objectDir = join(outputDir, 'objects')
const output = join(outputDir, 'lustreapi.node')
const compiler = process.env.CXX || 'c++'
const require = createRequire(import.meta.url)

const COMPILE_OPTIONS = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
  '-D_GNU_SOURCE',
  '-DNAPI_VERSION=8',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  '-DNODE_ADDON_API_CPP_EXCEPTIONS',
]
/** What src/old-glibc.cc stands in front of, so that a glibc older than that of this machine will do. */
const WRAPPED = [
  ...['pthread_create', 'pthread_join', 'pthread_once', '__pthread_key_create', 'pthread_sigmask', 'pthread_attr_setstacksize'],
  ...['dlopen', 'dlsym', 'dlerror', 'arc4random'],
]
/**
 * The functions of Node stay undefined: the node process that loads the addon has them. libgcc stays shared, as it is in that process: the
 * static one of a newer compiler unwinds with functions of a newer glibc.
 */
const LINK_OPTIONS = ['-shared', '-pthread', '-static-libstdc++', '-Wl,--exclude-libs,ALL', ...WRAPPED.map((name) => `-Wl,--wrap=${name}`)]

await build()

async function build() {
  const names = readdirSync(sourceDir)
  const sources = names.filter((name) => name.endsWith('.cc'))
  const headers = names.filter((name) => name.endsWith('.h')).map((name) => join(sourceDir, name))
  const common = Math.max(mtime(fileURLToPath(import.meta.url)), ...headers.map(mtime))
  const stale = (source) => mtime(objectOf(source)) < Math.max(common, mtime(join(sourceDir, source)))

  mkdirSync(objectDir, { recursive: true })
  const outdated = sources.filter(stale)
  await Promise.all(Array.from({ length: availableParallelism() }, () => compileAll(outdated)))
  const objects = sources.map(objectOf)
  if (mtime(output) < Math.max(...objects.map(mtime))) await compile(output, [...LINK_OPTIONS, ...objects, '-ldl'])
}

/** Takes sources off the list until it is empty. */
async function compileAll(queue) {
  for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
    await compile(objectOf(source), [...COMPILE_OPTIONS, ...includeOptions(), '-c', join(sourceDir, source)])
  }
}

/** Runs the compiler so that a file is there whole or not at all. */
async function compile(file, options) {
  const temporary = `${file}.${process.pid}`
  const child = spawn(compiler, ['-o', temporary, ...options], { stdio: ['ignore', 'inherit', 'inherit'] })
  const result = await new Promise((resolve) => {
    child.on('error', resolve)
    child.on('exit', (code, signal) => resolve(signal ?? code))
  })
  if (result === 0) return renameSync(temporary, file)
  rmSync(temporary, { force: true })
  if (result instanceof Error && result.code === 'ENOENT') {
    stop(`no C++ compiler: ${compiler} was not found. Install one (apt install g++, dnf install gcc-c++) or set CXX.`)
  }
  if (result instanceof Error) stop(`cannot run ${compiler}: ${result.message}`)
  stop(`${compiler} failed (${result}); C++17 is needed, which GCC has since version 8.`)
}

function includeOptions() {
  return [`-isystem${dirname(require.resolve('node-addon-api/napi.h'))}`, `-isystem${require('node-api-headers').include_dir}`]
}

function objectOf(source) {
  return join(objectDir, source.replace(/\.cc$/, '.o'))
}

function mtime(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function stop(message) {
  process.stderr.write(`native/lustreapi: ${message}\n`)
  process.exit(1)
}
