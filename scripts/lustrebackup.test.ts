import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'lustrebackup-cron-'))
const bin = join(root, 'bin folder')
const logs = join(root, 'logs')
const script = join(bin, 'lustrebackup.sh')
const COMMAND = 'lustrebackup_target'

beforeEach(() => {
  for (const folder of [bin, logs]) rmSync(folder, { recursive: true, force: true })
  for (const folder of [bin, logs]) mkdirSync(folder)
  cpSync(join(dirname(fileURLToPath(import.meta.url)), 'lustrebackup.sh'), script)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

function program(name: string, ...lines: string[]): void {
  writeFileSync(join(bin, name), ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(join(bin, name), 0o755)
}

/** A mail program that keeps its arguments and what it was given. */
function mailProgram(exitCode = 0): void {
  program('mail', `printf '%s\\n' "$@" >'${root}/mail-arguments'`, `cat >'${root}/mail-text'`, `exit ${exitCode}`)
  rmSync(join(root, 'mail-arguments'), { force: true })
}

/** As cron starts it: hardly any environment, and no terminal. */
function cron(args: readonly string[], env: NodeJS.ProcessEnv = {}, shell = '/bin/sh') {
  const bare = { HOME: '/root', LOGNAME: 'root', SHELL: '/bin/sh', PATH: '/usr/bin:/bin', LOGDIR: logs, ...env }
  return spawnSync(shell, [script, ...args], { env: bare, cwd: '/', input: '', encoding: 'utf8' })
}

const MAIL = { MAILFROM: 'backup@example.com', MAILTO: 'admin@example.com', PATH: `${bin}:/usr/bin:/bin` }
const logText = () => readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))

describe.each(['/bin/sh', '/bin/bash'])('under %s', (shell) => {
  it('a success is silent and leaves no log', () => {
    program(COMMAND, 'echo out', 'echo problem >&2')
    expect(cron([COMMAND], {}, shell)).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(logText()).toEqual([])
  })

  it.each([1, 2, 3, 4, 5, 6, 77, 130, 255])('exit code %i is kept, and so is the log', (code) => {
    program(COMMAND, 'echo out', 'echo problem >&2', `exit ${code}`)
    const result = cron([COMMAND], {}, shell)
    expect(result).toMatchObject({ status: code, stdout: '' })
    expect(result.stderr).toContain(`exit code ${code}`)
    expect(logText()).toEqual(['out\nproblem\n'])
    expect(readdirSync(logs)[0]).toMatch(/^lustrebackup_target\.[0-9]+\.log$/)
    expect(statSync(join(logs, readdirSync(logs)[0]!)).mode & 0o777).toBe(0o600)
  })

  it('arguments arrive unchanged', () => {
    program(COMMAND, `printf '%s\\0' "$@" >'${root}/arguments'`)
    const args = ['-c', '/etc/a b.conf', '', "it's", '"quoted"', '$HOME `id` *', 'line\nbreak', '--', '\\n']
    expect(cron([COMMAND, ...args], {}, shell).status).toBe(0)
    expect(readFileSync(`${root}/arguments`, 'utf8').split('\0').slice(0, -1)).toEqual(args)
  })

  it('a failure is mailed with its log', () => {
    mailProgram()
    program(COMMAND, 'echo cannot do it >&2', 'exit 5')
    expect(cron([COMMAND], MAIL, shell)).toMatchObject({ status: 5, stdout: '', stderr: '' })
    const args = readFileSync(`${root}/mail-arguments`, 'utf8').split('\n')
    expect(args[0]).toBe('-s')
    expect(args[1]).toMatch(/lustrebackup_target ended with exit code 5 \(a full map is needed\)$/)
    expect(args.slice(2, 5)).toEqual(['-r', 'backup@example.com', 'admin@example.com'])
    expect(readFileSync(`${root}/mail-text`, 'utf8')).toContain('\ncannot do it\n')
    expect(logText()).toHaveLength(1)
  })
})

it('a success is mailed only when that is asked for', () => {
  mailProgram()
  program(COMMAND, 'echo all is well')
  expect(cron([COMMAND], MAIL).status).toBe(0)
  expect(existsSync(`${root}/mail-arguments`)).toBe(false)
  expect(cron([COMMAND], { ...MAIL, NOTIFY_SUCCESS: '1' }).status).toBe(0)
  expect(readFileSync(`${root}/mail-text`, 'utf8')).toContain('all is well')
  expect(logText()).toEqual([])
})

it.each([['MAILFROM'], ['MAILTO']])('nothing is mailed without %s', (missing) => {
  mailProgram()
  program(COMMAND, 'exit 1')
  expect(cron([COMMAND], { ...MAIL, [missing]: '' }).status).toBe(1)
  expect(existsSync(`${root}/mail-arguments`)).toBe(false)
})

it.each([
  ['is missing', () => {}],
  ['fails', () => mailProgram(1)],
])('a mail program that %s hides nothing', (_what, install) => {
  install()
  program(COMMAND, 'exit 6')
  // A PATH of its own, so that a mail program of this machine is not found.
  for (const tool of ['cat', 'tail', 'wc', 'rm', 'mv', 'uname', 'mktemp']) program(tool, `exec /usr/bin/${tool} "$@"`)
  const result = cron([COMMAND], { ...MAIL, PATH: bin })
  expect(result.status).toBe(6)
  expect(result.stderr).toContain('no mail sent')
  expect(result.stderr).toContain('lustrebackup_target ended with exit code 6')
  expect(logText()).toHaveLength(1)
})

it('a log folder that is not there keeps nothing from running', () => {
  program(COMMAND, 'echo done', 'exit 1')
  const result = cron([COMMAND], { LOGDIR: `${root}/nowhere`, TMPDIR: logs })
  expect(result.status).toBe(1)
  expect(result.stderr).toContain(`cannot write ${root}/nowhere/lustrebackup_target.`)
  expect(logText()).toEqual(['done\n'])
})

it('a signal reaches the command, and its exit code comes back', async () => {
  program(COMMAND, `trap 'echo cleaning up; exit 143' TERM`, 'echo ready >&3', 'while :; do read -r line <&4; done')
  const child = spawn('/bin/sh', [script, COMMAND], {
    env: { PATH: '/usr/bin:/bin', LOGDIR: logs },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  })
  child.stdio[3]!.once('data', () => child.kill('SIGTERM'))
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(143)
  expect(logText()).toEqual(['cleaning up\n'])
})

it.each([
  ['nothing', []],
  ['an option', ['--verbose']],
  ['a path', ['/bin/true']],
  ['a command that is not there', ['lustrebackup_nothing']],
])('%s is wrong usage', (_what, args) => {
  const result = cron(args)
  expect(result.status).toBe(2)
  expect(result.stderr).not.toBe('')
  expect(logText()).toEqual([])
})
