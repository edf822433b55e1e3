import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { currentRelease } from './install-files.mjs'
import { placePayload } from './place.mjs'
import { ROOT, runQuiet } from './process.mjs'

const NODE = '/usr/bin/node'
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', ppc64: 'ppc64el' }
const LOGROTATE = 'etc/logrotate.d/lustrebackup'
const SCRIPTS = ['postinst', 'prerm', 'postrm']

/** Makes a Debian package of a payload; gives its path. */
export async function packDeb(payload, out) {
  const stage = mkdtempSync(join(out, '.deb-'))
  try {
    chmodSync(stage, 0o755)
    const { version } = placePayload(payload, { prefix: '/usr', node: NODE, destdir: stage })
    const release = setReleaseAside(join(stage, 'usr'))
    followDebian(stage)
    writeControl(stage, version, release)
    const file = join(out, `lustrebackup_${version}_${architecture()}.deb`)
    await runQuiet('making the Debian package', 'dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', stage, file])
    return file
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/**
 * The release lies in a folder of the package; `postinst` makes the one that is used from it. So dpkg, when it replaces the package, takes
 * nothing away from a command that is running. Without its manifest it cannot be taken for an installation by other means.
 */
function setReleaseAside(usr) {
  const { name } = currentRelease(usr)
  mkdirSync(join(usr, 'lib/lustrebackup-package'))
  renameSync(join(usr, 'lib', name), join(usr, 'lib/lustrebackup-package', name))
  rmSync(join(usr, 'lib/lustrebackup'))
  rmSync(join(usr, 'lib/lustrebackup-package', name, 'manifest.json'))
  return name
}

/** Where Debian has its own places and rules. */
function followDebian(stage) {
  const share = join(stage, 'usr/share')
  mkdirSync(join(stage, dirname(LOGROTATE)), { recursive: true })
  renameSync(join(share, 'doc/lustrebackup/lustrebackup.logrotate'), join(stage, LOGROTATE))
  renameSync(join(share, 'zsh/site-functions'), join(share, 'zsh/vendor-completions'))
  renameSync(join(share, 'doc/lustrebackup/LICENSE'), join(share, 'doc/lustrebackup/copyright'))
  for (const page of filesBelow(join(share, 'man'))) {
    writeFileSync(`${page}.gz`, gzipSync(readFileSync(page), { level: 9 }))
    rmSync(page)
  }
}

function writeControl(stage, version, release) {
  const digests = filesBelow(stage).map((path) => `${digestOf(path)}  ${path.slice(stage.length + 1)}\n`)
  const sizeKib = Math.ceil(filesBelow(stage).reduce((sum, path) => sum + statSync(path).size, 0) / 1024)
  const folder = join(stage, 'DEBIAN')
  mkdirSync(folder)
  writeFileSync(join(folder, 'control'), control(version, sizeKib))
  writeFileSync(join(folder, 'conffiles'), `/${LOGROTATE}\n`)
  writeFileSync(join(folder, 'md5sums'), digests.join(''))
  for (const name of SCRIPTS) {
    cpSync(join(ROOT, 'scripts/deb', `${name}.sh`), join(folder, name))
    writeFileSync(join(folder, name), readFileSync(join(folder, name), 'utf8').replaceAll('@RELEASE@', release))
    chmodSync(join(folder, name), 0o755)
  }
}

function control(version, sizeKib) {
  return `Package: lustrebackup
Version: ${version}
Architecture: ${architecture()}
Maintainer: lustrebackup <root@localhost>
Section: admin
Priority: optional
Installed-Size: ${sizeKib}
Depends: libc6 (>= 2.28), nodejs (>= 20), bash, rsync, openssh-client, util-linux
Recommends: openssh-server, logrotate
Suggests: bsd-mailx
Description: incremental, exact, restartable backup of Lustre file systems
 Two snapshots and the changelog between them say which inodes were touched; only
 those are looked at, and only what changed crosses the network. For the node to
 back up and for the node that keeps the backup.
`
}

function architecture() {
  return ARCHITECTURES[process.arch] ?? process.arch
}

function digestOf(path) {
  return createHash('md5').update(readFileSync(path)).digest('hex')
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}
