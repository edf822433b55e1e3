import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createExec } from './execa-exec.js'

const exec = createExec({
  commandPath: '/usr/bin:/bin',
  environment: { HOME: '/h', SSH_AUTH_SOCK: '/s', NODE_OPTIONS: '--bad', LANG: 'de_DE' },
})
const limit = { timeoutSeconds: 30 }
const shell = (
  script: string,
  options: { timeoutSeconds: number; signal?: AbortSignal; maxOutputBytes?: number; input?: string } = limit,
) => exec.run('sh', ['-c', script], options)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-exec-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Settles once no process has this id any more; the test's own time limit ends the wait. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve))
}

it('gives exit code, signal, both outputs, and takes any argument as it is', async () => {
  const argument = 'a b "c" $HOME `x` \n *'
  expect(await exec.run('printf', ['%s', argument], limit)).toEqual({
    exitCode: 0,
    signal: null,
    stdout: Buffer.from(argument),
    stderr: '',
  })
  expect(await shell('echo out; echo err >&2; exit 7')).toEqual({
    exitCode: 7,
    signal: null,
    stdout: Buffer.from('out\n'),
    stderr: 'err\n',
  })
  expect(await shell('kill -TERM $$')).toMatchObject({ exitCode: null, signal: 'SIGTERM' })
  expect((await shell('cat', { ...limit, input: 'in' })).stdout.toString()).toBe('in')
  expect((await shell('cat')).stdout).toHaveLength(0)
})

it('passes on nothing of the environment but what is needed', async () => {
  const { stdout } = await exec.run('env', [], limit)
  expect(stdout.toString().trim().split('\n').toSorted()).toEqual([
    'HOME=/h',
    'LANG=C',
    'LC_ALL=C',
    'PATH=/usr/bin:/bin',
    'SSH_AUTH_SOCK=/s',
  ])
})

it('says which program is missing, and where it was looked for', async () => {
  const error = await exec.run('no-such-program', [], limit).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'EXEC_NOT_FOUND', hint: expect.stringContaining('/usr/bin:/bin') })
  await expect(exec.run('/etc', [], limit)).rejects.toMatchObject({ code: 'EXEC_NOT_FOUND' })
})

it('does not outlive a child that closes its input early', async () => {
  expect(await shell('exit 3', { ...limit, input: 'x'.repeat(1 << 20) })).toMatchObject({ exitCode: 3 })
})

describe('no child outlives the call:', () => {
  const pidFile = () => join(folder, `pid-${Math.random().toString(36).slice(2)}`)
  const read = (file: string) => Number(readFileSync(file, 'utf8'))

  it('one that takes too long is killed with its children', async () => {
    const file = pidFile()
    const run = shell(`sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 1; done' & wait`, { timeoutSeconds: 0.3 })
    await expect(run).rejects.toMatchObject({ code: 'EXEC_TIMEOUT', message: expect.stringContaining('0.3 seconds') })
    await gone(read(file))
  })

  it('an aborted one is killed, and the reason is thrown', async () => {
    const file = pidFile()
    const controller = new AbortController()
    const run = shell(`echo $$ > ${file}; echo ready >&2; exec sleep 60`, { timeoutSeconds: 60, signal: controller.signal })
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    await expect(run).rejects.toThrow('enough')
    await gone(read(file))
  })

  it('one in the background ends with its parent', async () => {
    const file = pidFile()
    await shell(`sleep 60 & echo $! > ${file}`)
    await gone(read(file))
  })

  it('one that writes without end is stopped', async () => {
    await expect(shell('yes', { timeoutSeconds: 60, maxOutputBytes: 100_000 })).rejects.toMatchObject({ code: 'EXEC_OUTPUT_TOO_LONG' })
  })

  it('nothing is started once the run is aborted', async () => {
    const file = pidFile()
    await expect(shell(`touch ${file}`, { ...limit, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
    expect(existsSync(file)).toBe(false)
  })
})

it('keeps the end of a long stderr', async () => {
  const { stderr } = await shell('head -c 3000000 /dev/zero | tr "\\0" x >&2; echo last words >&2')
  expect(stderr.length).toBeLessThan(300_000)
  expect(stderr).toMatch(/^\[…\] x+last words\n$/)
})
