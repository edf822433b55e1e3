import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const here = dirname(fileURLToPath(import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'lustrebackup-package-'))
const isRoot = process.getuid?.() === 0
const canDpkg = isRoot && spawnSync('dpkg', ['--version']).status === 0
const archive = () => join(root, 'out', readdirSync(join(root, 'out')).find((name) => name.endsWith('.tar.gz'))!)

/** Makes the archive, and the Debian package twice: the second as of another release. */
beforeAll(() => {
  for (const folder of ['out', 'later']) mkdirSync(join(root, folder))
  const script = `
    import { withPayload } from ${JSON.stringify(join(here, 'install.mjs'))}
    import { packTar } from ${JSON.stringify(join(here, 'package.mjs'))}
    import { packDeb } from ${JSON.stringify(join(here, 'deb.mjs'))}
    const [out, later, canDpkg] = process.argv.slice(1)
    await withPayload(async (payload) => {
      await packTar(payload, out)
      if (canDpkg === 'false') return
      await packDeb(payload, out)
      await packDeb(payload, later)
    })`
  const args = ['--input-type=module', '-e', script, join(root, 'out'), join(root, 'later'), String(canDpkg)]
  execFileSync(process.execPath, args, { stdio: 'pipe' })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('the archive', () => {
  const prefix = join(root, 'opt')
  const setup = (...args: string[]) => {
    const [folder] = readdirSync(join(root, 'unpacked'))
    const script = join(root, 'unpacked', folder!, 'setup.mjs')
    return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', cwd: '/', env: { PATH: '/nowhere' } })
  }
  beforeAll(() => {
    mkdirSync(join(root, 'unpacked'))
    execFileSync('tar', ['-xzf', archive(), '-C', join(root, 'unpacked')])
  })

  it('installs itself with nothing but Node.js, and the commands run', () => {
    expect(setup('install', prefix)).toMatchObject({ status: 0, stderr: '' })
    const result = spawnSync(join(prefix, 'bin/lustrebackup_target'), ['--version'], { encoding: 'utf8', env: {} })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(prefix, 'lib/lustrebackup/lustreapi.node'))).toBe(true)
    expect(existsSync(join(prefix, 'share/man/man5/lustrebackup.conf.5'))).toBe(true)
  })

  it('removes what it has installed', () => {
    expect(setup('uninstall', prefix)).toMatchObject({ status: 0 })
    expect(readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())).toEqual([])
  })

  it.each([[[]], [['install']], [['install', 'opt']], [['remove', '/opt']]])('%j is wrong usage', (args) => {
    expect(setup(...args)).toMatchObject({ status: 2, stdout: '' })
  })
})

describe.skipIf(!canDpkg)('the Debian package', () => {
  const system = join(root, 'system')
  const lib = join(system, 'usr/lib')
  const deb = (folder: string) => join(root, folder, readdirSync(join(root, folder)).find((name) => name.endsWith('.deb'))!)
  const releases = () => readdirSync(lib).filter((name) => /^lustrebackup-[0-9]/.test(name))
  const dpkg = (...args: string[]) =>
    execFileSync('dpkg', [`--root=${system}`, '--force-script-chrootless', '--force-depends', '--log=/dev/null', ...args], {
      stdio: 'pipe',
    })
  const ours = {
    'etc/lustrebackup.conf': '[GLOBAL]\n',
    'var/log/lustrebackup/lustrebackup.log': '{}\n',
    'mnt/.lustrebackup/last': 'S0\n',
    'usr/lib/other': '',
  }

  beforeAll(() => {
    for (const folder of ['updates', 'info', 'triggers']) mkdirSync(join(system, 'var/lib/dpkg', folder), { recursive: true })
    writeFileSync(join(system, 'var/lib/dpkg/status'), '')
    for (const [file, text] of Object.entries(ours)) {
      mkdirSync(dirname(join(system, file)), { recursive: true })
      writeFileSync(join(system, file), text)
    }
  })

  it('installs a whole release', () => {
    dpkg('-i', deb('out'))
    const release = readlinkSync(join(lib, 'lustrebackup'))
    expect(releases()).toEqual([release])
    const result = spawnSync(process.execPath, [join(lib, 'lustrebackup/lustrebackup_target.js'), '--version'], { encoding: 'utf8' })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(lib, 'lustrebackup/bytecode'))).toBe(existsSync('/usr/bin/node'))
    expect(existsSync(join(lib, 'lustrebackup-package', release, 'bytecode'))).toBe(false)
    expect(readFileSync(join(system, 'usr/bin/lustrebackup_target'), 'utf8')).toBe(
      `#!/bin/sh\nexec '/usr/bin/node' '/usr/lib/lustrebackup/lustrebackup_target.js' "$@"\n`,
    )
    expect(readFileSync(join(lib, 'systemd/system/lustrebackup-target.service'), 'utf8')).toContain('ExecStart=/usr/bin/lustrebackup.sh')
  })

  it('an upgrade switches to the new release, leaves the one before to who is running it, and keeps what was configured', () => {
    const before = readlinkSync(join(lib, 'lustrebackup'))
    writeFileSync(join(system, 'etc/logrotate.d/lustrebackup'), '# ours\n')
    dpkg('-i', deb('later'))
    const after = readlinkSync(join(lib, 'lustrebackup'))
    expect(after).not.toBe(before)
    expect(releases().toSorted()).toEqual([before, after].toSorted())
    expect(existsSync(join(lib, before, 'lustrebackup_target.js'))).toBe(true)
    expect(readFileSync(join(system, 'etc/logrotate.d/lustrebackup'), 'utf8')).toBe('# ours\n')
  })

  it('removed and purged, it leaves nothing of its own, and all that is not', () => {
    dpkg('--remove', 'lustrebackup')
    expect(readdirSync(lib).filter((name) => name.includes('lustrebackup'))).toEqual([])
    expect(existsSync(join(system, 'etc/logrotate.d/lustrebackup'))).toBe(true)
    dpkg('--purge', 'lustrebackup')
    const left = readdirSync(system, { encoding: 'utf8', recursive: true }).filter((file) => !statSync(join(system, file)).isDirectory())
    expect(left.filter((file) => !file.startsWith('var/lib/dpkg/')).toSorted()).toEqual(Object.keys(ours).toSorted())
    for (const [file, text] of Object.entries(ours)) expect(readFileSync(join(system, file), 'utf8')).toBe(text)
  })
})
