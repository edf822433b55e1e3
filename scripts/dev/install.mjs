import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleAll, commandNames } from './bundle.mjs'
import { currentRelease, removeFiles, removeReleases, replaceFile } from './install-files.mjs'
import { ROOT, reportFailure, runLocked, StepError } from './process.mjs'

/** Reads `PREFIX [--node PATH] [--destdir DIR]`; throws what is wrong with it. */
export function parseInstallArguments(args) {
  const options = { node: { type: 'string' }, destdir: { type: 'string', default: '' } }
  let parsed
  try {
    parsed = parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new StepError(error.message, 2)
  }
  const [prefix, ...rest] = parsed.positionals
  const { node = process.execPath, destdir } = parsed.values
  if (prefix === undefined || rest.length > 0) throw new StepError('give one PREFIX, for example: npm run install:prefix -- /usr/local', 2)
  for (const path of [prefix, node, destdir || '/']) if (!isAbsolute(path)) throw new StepError(`${path} must be an absolute path`, 2)
  return { prefix: normalize(prefix), node, destdir }
}

/** Installs in a process of its own under the lock of this checkout, so that two installations do not clean up after each other. */
export function runInstall(wanted) {
  checkNode(wanted.node)
  return runLocked(fileURLToPath(import.meta.url), [JSON.stringify(wanted)])
}

/** Removes what an installation has put there; keeps configuration, logs and state. */
export function runUninstall({ prefix, destdir }) {
  const base = join(destdir, prefix)
  const release = currentRelease(base)
  if (release === null) throw new StepError(`lustrebackup is not installed in ${base}`, 2)
  removeFiles(base, release.files)
  rmSync(join(base, 'lib/lustrebackup'))
  removeReleases(base, [])
  console.log(`removed lustrebackup from ${base}`)
  return 0
}

/**
 * A release is a folder of its own that is never changed; `lib/lustrebackup` is a link to the current one and changes hands by a rename.
 * So a command that starts at any moment finds one whole release. The one before stays for the commands that are running from it.
 */
async function install({ prefix, node, destdir }) {
  process.umask(0o022)
  const base = join(destdir, prefix)
  const before = currentRelease(base)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const name = `lustrebackup-${version}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-${process.pid}`
  const files = filesOutsideLib(join(prefix, 'lib/lustrebackup'), node)
  await writeRelease(join(base, 'lib'), name, { version, node, files: files.map((file) => file.path) })
  switchLink(join(base, 'lib'), name)
  for (const file of files) replaceFile(join(base, file.path), file.content, file.mode)
  if (before !== null) {
    removeFiles(
      base,
      before.files.filter((path) => !files.some((file) => file.path === path)),
    )
  }
  removeReleases(base, [name, before?.name])
  console.log(`installed lustrebackup ${version} in ${base}, to be run with ${node}`)
}

async function writeRelease(lib, name, manifest) {
  const folder = join(lib, `.installing-${name}`)
  try {
    mkdirSync(folder, { recursive: true })
    await bundleAll(folder)
    cpSync(join(ROOT, 'native/lustreapi/build/lustreapi.node'), join(folder, 'lustreapi.node'))
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name: 'lustrebackup', version: manifest.version, type: 'module' })}\n`)
    writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    renameSync(folder, join(lib, name))
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function switchLink(lib, name) {
  const link = join(lib, 'lustrebackup')
  symlinkSync(name, `${link}.${process.pid}`)
  renameSync(`${link}.${process.pid}`, link)
}

/** What lies outside the release: commands, scripts, documents. The commands name Node and release absolutely: cron's PATH does not matter. */
function filesOutsideLib(lib, node) {
  const commands = commandNames().map((name) => ({ path: `bin/${name}`, mode: 0o755, content: launcher(node, join(lib, `${name}.js`)) }))
  const scriptsIn = (folder) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.sh'))
  const script = (folder, name, to) => ({ path: `${to}/${name}`, mode: 0o755, content: readFileSync(join(ROOT, folder, name)) })
  const documents = ['README.md', 'ARCHITECTURE.md', 'LICENSE', 'etc', 'docs'].flatMap(filesBelow)
  return [
    ...commands,
    ...scriptsIn('scripts').map((name) => script('scripts', name, 'bin')),
    // They run on another host, and must lie together there.
    ...scriptsIn('scripts/mgs').map((name) => script('scripts/mgs', name, 'share/doc/lustrebackup/mgs')),
    ...documents.map((file) => ({ path: documentPath(file), mode: 0o644, content: readFileSync(join(ROOT, file)) })),
  ]
}

/** Documents keep their folders, so that links between them hold; the configuration example lies at the top, where it is looked for. */
function documentPath(file) {
  return `share/doc/lustrebackup/${file.replace(/^etc\//, '')}`
}

function filesBelow(path) {
  if (!existsSync(join(ROOT, path))) return []
  if (/\.[a-z]+$|^LICENSE$/.test(path)) return [path]
  return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(join(path, name)))
}

function launcher(node, script) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`
  return `#!/bin/sh\nexec ${quote(node)} ${quote(script)} "$@"\n`
}

function checkNode(node) {
  const result = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  const major = Number.parseInt(result.stdout ?? '', 10)
  if (result.status !== 0 || Number.isNaN(major)) throw new StepError(`${node} is no Node.js that runs here; name one with --node PATH`, 2)
  if (major < 20) throw new StepError(`${node} is version ${result.stdout.trim()}; 20 or newer is needed`, 2)
  if (node.includes('/_npx/')) console.error(`note: ${node} lies in a cache that npm may empty; name a lasting one with --node PATH`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await install(JSON.parse(process.argv[2]))
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
