import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { packDeb } from './deb.mjs'
import { withPayload } from './install.mjs'
import { findProgram, ROOT, runQuiet, StepError } from './process.mjs'

/** What the tar.gz installs itself with. */
const INSTALLER = ['setup.mjs', 'place.mjs', 'install-files.mjs', 'install-arguments.mjs', 'process.mjs']

/** Reads `[--out DIR]`; throws what is wrong with it. */
export function parsePackageArguments(args) {
  try {
    const { values } = parseArgs({ args, options: { out: { type: 'string', default: join(ROOT, 'build/packages') } } })
    return { out: resolve(values.out) }
  } catch (error) {
    throw new StepError(error.message, 2)
  }
}

/** Makes the tar.gz and, where dpkg-deb is, the Debian package. */
export async function runPackage({ out }) {
  mkdirSync(out, { recursive: true })
  await withPayload(async (payload) => {
    console.log(await packTar(payload, out))
    if (findProgram('dpkg-deb') === null) console.error('no Debian package: dpkg-deb is not on this machine')
    else console.log(await packDeb(payload, out))
  })
  return 0
}

/** A folder with the payload and what installs it; gives the path of the archive. */
export async function packTar(payload, out) {
  const { version } = JSON.parse(readFileSync(join(payload, 'payload.json'), 'utf8'))
  const name = `lustrebackup-${version}-linux-${process.arch}`
  const stage = mkdtempSync(join(out, '.tar-'))
  try {
    cpSync(payload, join(stage, name, 'payload'), { recursive: true })
    for (const file of INSTALLER) cpSync(join(ROOT, 'scripts/dev', file), join(stage, name, file))
    for (const file of ['README.md', 'LICENSE']) cpSync(join(ROOT, file), join(stage, name, file))
    const archive = join(out, `${name}.tar.gz`)
    const options = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u+rwX,go+rX,go-w', '--sort=name']
    await runQuiet('making the archive', 'tar', [...options, '-czf', archive, '-C', stage, name])
    return archive
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}
