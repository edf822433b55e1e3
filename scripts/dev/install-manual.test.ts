import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const INSTALL = join(dirname(fileURLToPath(import.meta.url)), 'install.mjs')
const prefix = mkdtempSync(join(tmpdir(), 'lustrebackup-manual-'))
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0
const filesIn = (folder: string) => readdirSync(join(prefix, folder)).map((name) => join(prefix, folder, name))
const commands = () => readdirSync(join(prefix, 'bin')).filter((name) => !name.endsWith('.sh'))

beforeAll(() => {
  execFileSync(process.execPath, [INSTALL, JSON.stringify({ prefix, node: process.execPath, destdir: '' })], { stdio: 'pipe' })
})
afterAll(() => rmSync(prefix, { recursive: true, force: true }))

/** A page as text in one line. */
function textOf(page: string): string {
  const marks: [RegExp, string][] = [
    [/\\f[BIR]/g, ''],
    [/\\-/g, '-'],
    [/\\\(aq/g, "'"],
    [/\\\(ga/g, '`'],
    [/\\\(ti/g, '~'],
    [/\\\(ha/g, '^'],
    [/\\&/g, ''],
    [/\\e/g, '\\'],
  ]
  return marks.reduce((text, [mark, plain]) => text.replace(mark, plain), page).replace(/\s+/g, ' ')
}

it('the page of every command says all that its --help says', () => {
  expect(commands().length).toBeGreaterThan(15)
  for (const name of commands()) {
    const help = execFileSync(join(prefix, 'bin', name), ['--help'], { encoding: 'utf8' })
    const page = textOf(readFileSync(join(prefix, `share/man/man8/${name}.8`), 'utf8'))
    // Terms, descriptions and exit codes stand in columns.
    const [body = '', codes = ''] = help.split('Exit codes:')
    const items = body
      .replace(/\n {10,}/g, ' ')
      .split('\n')
      .flatMap((line) => line.split(/ {2,}/))
    for (const item of [...items, ...codes.split(/\s{2,}/)]) {
      const plain = item
        .replace(/^Usage: /, '')
        .replace(/\s+/g, ' ')
        .trim()
      if (plain !== '' && !/^(Options|Arguments):$/.test(plain)) expect(page, name).toContain(plain)
    }
  }
})

it('every script that is a command has a page, and the overview names all', () => {
  const overview = textOf(readFileSync(join(prefix, 'share/man/man7/lustrebackup.7'), 'utf8'))
  for (const name of readdirSync(join(prefix, 'bin')).filter((file) => !file.endsWith('_lib.sh'))) {
    expect(overview).toContain(`${name}(8)`)
    expect(readdirSync(join(prefix, 'share/man/man8'))).toContain(`${name}.8`)
  }
})

it.skipIf(!has('man', '--version'))('the pages are set without a warning', () => {
  for (const file of ['man5', 'man7', 'man8'].flatMap((folder) => filesIn(`share/man/${folder}`))) {
    const result = spawnSync('man', ['--warnings=w', '-l', file], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', MANPAGER: 'cat' },
    })
    expect(result, file).toMatchObject({ status: 0, stderr: '' })
  }
})

/** What bash offers when these words are typed. */
function offered(words: string[]): string[] {
  const script = `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "_$1"; printf '%s\\n' "\${COMPREPLY[@]}"`
  const file = join(prefix, 'share/bash-completion/completions', words[0]!)
  return execFileSync('bash', ['-c', script, 'bash', file, ...words], { encoding: 'utf8', cwd: prefix })
    .split('\n')
    .filter(Boolean)
}

describe('bash completes', () => {
  it('every option of every command', () => {
    for (const name of commands()) {
      const help = execFileSync(join(prefix, 'bin', name), ['--help'], { encoding: 'utf8' })
      const flags = [...help.matchAll(/^ {2}(-\w)?(?:, )?(--[\w-]+)?/gm)].flatMap(([, short, long]) => [short, long]).filter(Boolean)
      expect(offered([name, '-']).toSorted(), name).toEqual([...new Set(flags)].toSorted())
    }
  })

  it.each([
    [['lustrebackup_target_restore', '--ov'], ['--overwrite']],
    [['lustrebackup_target_restore', '--to', 'sh'], ['share']],
    [['lustrebackup_target_restore', '--overwrite', 'if'], ['if-older']],
    [
      ['lustrebackup_status', '--role', ''],
      ['source', 'target'],
    ],
    [['lustrebackup_target_restore', '-t', '-'], []],
    [['lustrebackup_target', 'sh'], []],
  ])('%j', (words, expected) => expect(offered(words)).toEqual(expected))
})

it.skipIf(!has('zsh', '--version'))('zsh reads its completions', () => {
  for (const file of filesIn('share/zsh/site-functions'))
    expect(spawnSync('zsh', ['-n', file], { encoding: 'utf8' }), file).toMatchObject({ status: 0, stderr: '' })
})

it('units start commands that are there, and every timer has its service', () => {
  const units = filesIn('lib/systemd/system')
  expect(units.length).toBeGreaterThan(4)
  for (const file of units.filter((name) => name.endsWith('.timer'))) expect(units).toContain(file.replace('.timer', '.service'))
  for (const file of units.filter((name) => name.endsWith('.service'))) {
    const starts = [...readFileSync(file, 'utf8').matchAll(/^ExecStart=(\S+) (\S+)/gm)]
    expect(starts.length, file).toBeGreaterThan(0)
    for (const [, wrapper, command] of starts) {
      expect(wrapper).toBe(join(prefix, 'bin/lustrebackup.sh'))
      expect(commands()).toContain(command)
    }
  }
})

it.skipIf(!has('systemd-analyze', '--version'))('systemd accepts the units', () => {
  const units = filesIn('lib/systemd/system')
  const result = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' })
  // Verification also reads the units of this machine: only what it says of ours counts.
  expect(result.stderr.split('\n').filter((line) => line.includes('lustrebackup'))).toEqual([])
  expect(result.error).toBeUndefined()
})
