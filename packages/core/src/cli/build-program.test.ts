import { describe, expect, it } from 'vitest'
import { readCommandLine } from './build-program.js'
import type { CommandSpec } from './command-types.js'
import { snapshotName, timestamp, timestamps, wholeNumber } from './option-values.js'

const spec: CommandSpec<{ name?: string; dryRun: boolean; keepDays: number }> = {
  name: 'lustrebackup_try',
  description: 'tries it',
  declare: (program) =>
    void program
      .option('-n, --name <name>', 'a name', snapshotName)
      .option('-D, --dry-run', 'only say it', false)
      .option('-d, --keep-days <days>', 'days', wholeNumber, 31)
      .option('-t, --timestamp <seconds>', 'snapshot', timestamp)
      .argument('[timestamps...]', 'snapshots', timestamps),
  run: async () => undefined,
}

function read(...words: string[]) {
  const said = { stdout: '', stderr: '' }
  const line = readCommandLine(spec, words, { stdout: (text) => (said.stdout += text), stderr: (text) => (said.stderr += text) })
  return { line, ...said }
}
const options = (...words: string[]) => {
  const { line } = read(...words)
  return line.kind === 'run' ? line.options : line
}

describe('options', () => {
  it('have their defaults', () => {
    expect(read().line).toEqual({
      kind: 'run',
      options: { config: '/etc/lustrebackup.conf', verbose: false, json: false, progress: true, dryRun: false, keepDays: 31 },
      args: [],
    })
  })

  it.each([
    [['-vDc', '/x'], { verbose: true, dryRun: true, config: '/x' }],
    [['-c/x', '-d5'], { config: '/x', keepDays: 5 }],
    [['--config=/x', '--keep-days=5'], { config: '/x', keepDays: 5 }],
    [['--config', '/x', '--json', '--no-progress'], { config: '/x', json: true, progress: false }],
  ])('%j', (words, expected) => {
    expect(options(...words)).toMatchObject(expected)
  })

  it('and arguments come apart', () => {
    expect(read('1700000000', '-v', '1700000001').line).toMatchObject({ args: ['1700000000', '1700000001'], options: { verbose: true } })
  })
})

describe('wrong usage is exit code 2, told on stderr:', () => {
  it.each([
    [['--nonsense']],
    [['-x']],
    [['-n']],
    [['-n', 'a b']],
    [['-n', '-f']],
    [['-d', '-1']],
    [['-d', '1.5']],
    [['-t', 'yesterday']],
    [['word']],
  ])('%j', (words) => {
    const { line, stdout, stderr } = read(...words)
    expect(line).toEqual({ kind: 'exit', exitCode: 2 })
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^lustrebackup_try: .+\nwhat to do: see lustrebackup_try --help\n/)
  })
})

it('--help and --version are results, and exit code 0', () => {
  const help = read('--help')
  expect(help.line).toEqual({ kind: 'exit', exitCode: 0 })
  expect(help.stdout).toContain('Usage: lustrebackup_try [options] [timestamps...]')
  expect(help.stdout).toMatch(/only say it$/m)
  expect(help.stdout).toMatch(/days \(default: 31\)$/m)
  expect(help.stderr).toBe('')
  expect(read('-V')).toMatchObject({ line: { kind: 'exit', exitCode: 0 }, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
