import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentRelease, removeFiles, removeReleases, replaceFile } from './install-files.mjs'
import { StepError } from './process.mjs'

/** The prefix that the files in the sources name. */
const PREFIX_IN_SOURCES = '/usr/local'

/**
 * Installs what `writePayload` has made. A release is a folder of its own that is never changed; `lib/lustrebackup` is a link to the current
 * one and changes hands by a rename. So a command that starts at any moment finds one whole release. The one before stays for the commands
 * that are running from it.
 */
export function placePayload(payload, { prefix, node, destdir }) {
  process.umask(0o022)
  const base = join(destdir, prefix)
  const before = currentRelease(base)
  const { version, commands } = JSON.parse(readFileSync(join(payload, 'payload.json'), 'utf8'))
  const name = `lustrebackup-${version}-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-${process.pid}`
  const files = [...launchers(commands, join(prefix, 'lib/lustrebackup'), node), ...treeFiles(join(payload, 'tree'), prefix)]
  const manifest = { version, node, files: files.map((file) => file.path) }
  // What is staged will be run by a Node.js that is not known yet.
  placeRelease(join(payload, 'release'), join(base, 'lib'), name, manifest, destdir === '' ? node : null)
  switchLink(join(base, 'lib'), name)
  for (const file of files) replaceFile(join(base, file.path), file.content, file.mode)
  if (before !== null) {
    const now = new Set(files.map((file) => file.path))
    removeFiles(
      base,
      before.files.filter((path) => !now.has(path)),
    )
  }
  removeReleases(base, [name, before?.name])
  return { version, base }
}

/** Removes what an installation has put there; keeps configuration, logs and state. */
export function removeInstallation({ prefix, destdir }) {
  const base = join(destdir, prefix)
  const release = currentRelease(base)
  if (release === null) throw new StepError(`lustrebackup is not installed in ${base}`, 2)
  removeFiles(base, release.files)
  rmSync(join(base, 'lib/lustrebackup'))
  removeReleases(base, [])
  return base
}

/** `bytecodeBy`: the Node.js that makes the bytecode; null = none is made. */
function placeRelease(release, lib, name, manifest, bytecodeBy) {
  const folder = join(lib, `.installing-${name}`)
  try {
    mkdirSync(lib, { recursive: true })
    cpSync(release, folder, { recursive: true })
    writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    if (bytecodeBy !== null) execFileSync(bytecodeBy, [join(folder, 'bytecode.cjs'), join(lib, name)])
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

/** The commands name Node.js and release absolutely: cron's PATH does not matter. */
function launchers(commands, lib, node) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`
  const launcher = (name) => `#!/bin/sh\nexec ${quote(node)} ${quote(join(lib, `${name}.js`))} "$@"\n`
  return commands.map((name) => ({ path: `bin/${name}`, mode: 0o755, content: launcher(name) }))
}

function treeFiles(tree, prefix) {
  return readdirSync(tree, { recursive: true })
    .filter((path) => statSync(join(tree, path)).isFile())
    .map((path) => ({ path, mode: statSync(join(tree, path)).mode & 0o777, content: forPrefix(join(tree, path), prefix) }))
}

/** Units name commands absolutely, as systemd wants it. */
function forPrefix(path, prefix) {
  const content = readFileSync(path)
  if (!path.endsWith('.service')) return content
  return content.toString().replaceAll(`=${PREFIX_IN_SOURCES}/bin/`, () => `=${prefix.replaceAll('%', '%%')}/bin/`)
}
