import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'

const BOOTSTRAP = join(dirname(fileURLToPath(import.meta.url)), 'bootstrap.mjs')
const INSTALL = join(dirname(BOOTSTRAP), 'install.mjs')
const root = mkdtempSync(join(tmpdir(), 'lustrebackup-install-'))
const prefix = join(root, "it's here")

/** Without the build before it: the tests run on what is built. */
function install(into: string, destdir = ''): void {
  execFileSync(process.execPath, [INSTALL, JSON.stringify({ prefix: into, node: process.execPath, destdir })], { stdio: 'pipe' })
}

function bytecodeOf(text: string): Buffer {
  return new Script(text).createCachedData()
}

function bootstrap(...args: string[]) {
  return spawnSync(process.execPath, [BOOTSTRAP, ...args], { encoding: 'utf8' })
}

const releases = () => readdirSync(join(prefix, 'lib')).filter((name) => /^(\.installing-)?lustrebackup-/.test(name))
const commands = () => readdirSync(join(prefix, 'bin')).filter((name) => !name.endsWith('.sh'))

beforeAll(() => install(prefix))
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('every command runs with nothing of the checkout or of the environment around it', () => {
  expect(commands()).not.toEqual([])
  for (const name of commands()) {
    const result = spawnSync(join(prefix, 'bin', name), ['--help'], { cwd: '/', env: { PATH: '/nowhere' }, encoding: 'utf8' })
    expect(result, name).toMatchObject({ status: 0, stderr: '' })
    expect(result.stdout).toContain(`Usage: ${name} `)
  }
})

it('nothing in the release names the checkout', () => {
  const checkout = dirname(dirname(dirname(BOOTSTRAP)))
  const lib = join(prefix, 'lib/lustrebackup')
  for (const name of readdirSync(lib).filter((file) => /\.(js|json)$/.test(file))) {
    expect(readFileSync(join(lib, name), 'utf8').includes(checkout), name).toBe(false)
  }
})

it('V8 takes the bytecode of every chunk', () => {
  const script = `
    const { BYTECODE, compile } = require(${JSON.stringify(join(prefix, 'lib/lustrebackup/chunks.cjs'))})
    const { readdirSync, readFileSync } = require('node:fs')
    for (const file of readdirSync(BYTECODE)) {
      const { cachedDataRejected } = compile(file.slice(0, -1), readFileSync(BYTECODE + '/' + file))
      console.log(cachedDataRejected)
    }`
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  const chunks = readdirSync(join(prefix, 'lib/lustrebackup/chunks')).filter((name) => name.endsWith('.js'))
  expect(stdout).toBe('false\n'.repeat(chunks.length))
})

it('a stack trace names the files as they lie', () => {
  const { stderr } = spawnSync(join(prefix, 'bin/lustrebackup_target'), ['-c', '/nowhere', '--verbose'], { encoding: 'utf8', env: {} })
  expect(stderr).toContain(join(realpathSync(join(prefix, 'lib/lustrebackup')), 'chunks/'))
  expect(stderr).not.toContain('.installing')
})

it.each([
  ['garbage', (file: string) => writeFileSync(file, 'garbage')],
  ['half of it', (file: string) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  ['bytecode of another text', (file: string) => writeFileSync(file, bytecodeOf('0'))],
  ['none', (file: string) => rmSync(file)],
])('a command runs where bytecode should be and %s is', (_what, damage) => {
  const bytecode = join(prefix, 'lib/lustrebackup/bytecode', `${process.version}-${process.arch}`)
  const names = readdirSync(bytecode)
  expect(names).not.toEqual([])
  for (const name of names) damage(join(bytecode, name))
  const result = spawnSync(join(prefix, 'bin/lustrebackup_target'), ['--version'], { encoding: 'utf8' })
  expect(result).toMatchObject({ status: 0, stderr: '' })
})

it('a command runs from its text where source maps are followed', () => {
  const options = { encoding: 'utf8' as const, env: { NODE_OPTIONS: '--enable-source-maps' } }
  const result = spawnSync(join(prefix, 'bin/lustrebackup_target'), ['-c', '/nowhere', '--verbose'], options)
  expect(result.status).toBe(2)
  expect(result.stderr).toContain('core/src/config/load-config.ts:')
})

it('the native addon, the scripts and the documents come with it', () => {
  for (const file of [
    'lib/lustrebackup/lustreapi.node',
    'bin/lustrebackup.sh',
    'bin/lustrebackup_ssh_command_validator.sh',
    'bin/lustrebackup_ssh_command_validator_self_test.sh',
    'bin/lustrebackup_validator_self_test_lib.sh',
    'share/doc/lustrebackup/README.md',
    'share/doc/lustrebackup/lustrebackup.conf.example',
    'share/doc/lustrebackup/mgs/lctl_snapshot_create.sh',
    'share/doc/lustrebackup/mgs/lctl_ssh_command_validator_self_test.sh',
    'share/doc/lustrebackup/mgs/lustrebackup_validator_self_test_lib.sh',
  ]) {
    expect(existsSync(join(prefix, file)), file).toBe(true)
  }
})

it('another installation takes over in one step, and the release before stays for who is running it', () => {
  const [first] = releases()
  install(prefix)
  const second = realpathSync(join(prefix, 'lib/lustrebackup')).split('/').at(-1)!
  expect(releases().toSorted()).toEqual([first, second].toSorted())
  mkdirSync(join(prefix, 'lib/.installing-lustrebackup-0.0.1-20200101T000000Z-1'))
  install(prefix)
  expect(releases()).toHaveLength(2)
  expect(releases()).toContain(second)
})

it('a staged installation names its final place', () => {
  install('/opt/lustrebackup', join(root, 'stage'))
  const name = commands()[0]!
  const launcher = readFileSync(join(root, 'stage/opt/lustrebackup/bin', name), 'utf8')
  expect(launcher).toContain(`'/opt/lustrebackup/lib/lustrebackup/${name}.js'`)
  expect(existsSync(join(root, 'stage/opt/lustrebackup/lib/lustrebackup/bytecode'))).toBe(false)
})

it('it is removed as a whole, and nothing else is', () => {
  writeFileSync(join(prefix, 'bin/other'), '')
  expect(bootstrap('uninstall-prefix', prefix)).toMatchObject({ status: 0 })
  const left = readdirSync(prefix, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  expect(left.map((entry) => entry.name)).toEqual(['other'])
  expect(bootstrap('uninstall-prefix', prefix)).toMatchObject({ status: 2 })
})

it.each([
  [['install-prefix'], 'PREFIX'],
  [['install-prefix', 'usr'], 'absolute'],
  [['install-prefix', '/usr', '/opt'], 'PREFIX'],
  [['install-prefix', '/usr', '--prefix'], '--prefix'],
  [['instal'], 'unknown step'],
])('%j is wrong usage', (args, reason) => {
  const result = bootstrap(...args)
  expect(result.status).toBe(2)
  expect(result.stderr).toContain(reason)
})
