import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundleAll, commandNames } from './bundle.mjs'
import { manualFiles } from './manual.mjs'
import { ROOT } from './process.mjs'

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'LICENSE', 'etc', 'docs']

/**
 * Everything that an installation consists of, in a folder, for any prefix and any Node.js: `release/` (bundled JavaScript and addon),
 * `tree/` (what lies beneath the prefix beside it), `payload.json`.
 */
export async function writePayload(folder) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const release = join(folder, 'release')
  mkdirSync(release, { recursive: true })
  await bundleAll(release)
  cpSync(join(ROOT, 'native/lustreapi/build/lustreapi.node'), join(release, 'lustreapi.node'))
  writeFileSync(join(release, 'package.json'), `${JSON.stringify({ name: 'lustrebackup', version, type: 'commonjs' })}\n`)
  for (const { path, mode, content } of [...sourceFiles(), ...(await manualFiles(version))]) {
    mkdirSync(dirname(join(folder, 'tree', path)), { recursive: true })
    writeFileSync(join(folder, 'tree', path), content, { mode })
  }
  writeFileSync(join(folder, 'payload.json'), `${JSON.stringify({ version, commands: commandNames() }, null, 2)}\n`)
}

/** Scripts, units and documents. */
function sourceFiles() {
  const file = (from, path, mode) => ({ path, mode, content: readFileSync(join(ROOT, from)) })
  const scripts = (folder, to) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.sh'))
      .map((name) => file(join(folder, name), `${to}/${name}`, 0o755))
  return [
    ...scripts('scripts', 'bin'),
    // They run on another host, and must lie together there.
    ...scripts('scripts/mgs', 'share/doc/lustrebackup/mgs'),
    ...DOCUMENTS.flatMap(filesBelow).map((from) => file(from, documentPath(from), 0o644)),
  ]
}

/** Documents keep their folders, so that links between them hold; the configuration example lies at the top, where it is looked for. */
function documentPath(file) {
  if (file.startsWith('etc/systemd/')) return file.replace('etc/', 'lib/').replace('systemd/', 'systemd/system/')
  return `share/doc/lustrebackup/${file.replace(/^etc\//, '')}`
}

function filesBelow(path) {
  if (!existsSync(join(ROOT, path))) return []
  if (/\.[a-z]+$|^LICENSE$/.test(path)) return [path]
  return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(join(path, name)))
}
