// Compiles the addon with the system's C++ compiler. Node's headers come from npm packages, so nothing is downloaded and node-gyp is not
// needed; Lustre's headers are not needed either, its library is opened at run time.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const sourceDir = join(here, 'src')
const outputDir = join(here, 'build')
const output = join(outputDir, 'lustreapi.node')
const require = createRequire(import.meta.url)

const files = readdirSync(sourceDir).map((name) => join(sourceDir, name))
const mtime = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
const newest = Math.max(mtime(fileURLToPath(import.meta.url)), ...files.map(mtime))

if (mtime(output) < newest) compile()

function compile() {
  const compiler = process.env.CXX ?? 'c++'
  mkdirSync(outputDir, { recursive: true })
  const temporary = join(outputDir, `lustreapi.${process.pid}.node`)
  const result = spawnSync(compiler, [...compilerOptions(), '-o', temporary, ...files.filter((file) => file.endsWith('.cc'))], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (result.error?.code === 'ENOENT') {
    stop(`no C++ compiler: ${compiler} was not found. Install one (apt install g++, dnf install gcc-c++) or set CXX.`)
  }
  if (result.error) stop(`cannot run ${compiler}: ${result.error.message}`)
  if (result.status !== 0) {
    rmSync(temporary, { force: true })
    stop(`${compiler} failed with ${result.signal ?? `exit code ${result.status}`}; C++17 is needed (GCC 8 or newer).`)
  }
  renameSync(temporary, output)
}

/** The functions of Node stay undefined: the node process that loads the addon has them. */
function compilerOptions() {
  return [
    '-std=c++17',
    '-O2',
    '-fPIC',
    '-shared',
    '-pthread',
    '-fvisibility=hidden',
    '-Wall',
    '-Wextra',
    '-Wno-unused-parameter',
    '-D_GNU_SOURCE',
    '-DNAPI_VERSION=8',
    '-DNODE_ADDON_API_DISABLE_DEPRECATED',
    '-DNODE_ADDON_API_CPP_EXCEPTIONS',
    '-static-libstdc++',
    '-static-libgcc',
    `-isystem${dirname(require.resolve('node-addon-api/napi.h'))}`,
    `-isystem${require('node-api-headers').include_dir}`,
    '-ldl',
  ]
}

function stop(message) {
  process.stderr.write(`native/lustreapi: ${message}\n`)
  process.exit(1)
}
