import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const command = (name: string) =>
  fileURLToPath(new URL(`../../packages/snapshot-cli/dist/bin/lustrebackup_snapshot_${name}.js`, import.meta.url))

let folder: string
let conf: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-frame-'))
  conf = join(folder, 'lustrebackup.conf')
  // An MGS that says that it was asked, and then hangs.
  writeFileSync(
    join(folder, 'lctl'),
    `#!/bin/sh\necho $$ > ${folder}/asked.new\nmv ${folder}/asked.new ${folder}/asked\nexec sleep 600\n`,
    { mode: 0o755 },
  )
  const lustre = `fsname = src\nnid = 1@tcp\nmgs_commands = lctl\ndata_mount = ${folder}/mnt\nmeta_basepath = ${folder}/meta\nsnapshot_home = ${folder}/snap`
  writeFileSync(conf, `[GLOBAL]\nlogdir = ${folder}/log\n[LUSTRE]\n${lustre}\n[SYSTEM]\ncommand_path = ${folder}:/usr/bin:/bin\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

function start(name: string, args: readonly string[], onStart?: (pid: number) => void): Promise<Ended> {
  const child = spawn(process.execPath, [command(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  onStart?.(child.pid!)
  return new Promise((resolve) => child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr })))
}

/** Settles with what the hanging MGS command wrote: its process id. */
async function askedPid(): Promise<number> {
  while (!readdirSync(folder).includes('asked')) await new Promise((resolve) => setImmediate(resolve))
  const pid = Number(readFileSync(join(folder, 'asked'), 'utf8'))
  rmSync(join(folder, 'asked'))
  return pid
}

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops children, releases locks, and gives exit code %i', async (signal, exitCode) => {
    let pid = 0
    const ended = start('create', ['-c', conf, '-n', 'x'], (started) => {
      pid = started
    })
    const child = await askedPid()
    process.kill(pid, signal)
    expect(await ended).toEqual({ exitCode, signal: null, stdout: '', stderr: `lustrebackup_snapshot_create: stopped by ${signal}\n` })
    expect(() => process.kill(child, 0)).toThrow('ESRCH')
    const locks = readdirSync(join(folder, 'meta/locks'))
    expect(locks).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(folder, 'meta/locks', locks[0]!), 'utf8'))).toMatchObject({ released: true })
  })
})

it('keeps a second run out with exit code 3, and takes over from one that was killed', async () => {
  let first = 0
  const killed = start('create', ['-c', conf, '-n', 'x'], (pid) => {
    first = pid
  })
  const orphan = await askedPid()
  const second = await start('create', ['-c', conf, '-n', 'y'])
  expect(second).toMatchObject({ exitCode: 3, stderr: expect.stringContaining(`process ${first} on`) })
  process.kill(first, 'SIGKILL')
  await killed
  process.kill(orphan, 'SIGKILL')
  let third = 0
  const ended = start('create', ['-c', conf, '-n', 'z'], (pid) => {
    third = pid
  })
  await askedPid()
  process.kill(third, 'SIGTERM')
  expect((await ended).stderr).toContain('warning: taking over a lock that a dead process left behind')
})

it('tells every problem of the configuration with exit code 2', async () => {
  const bad = join(folder, 'bad.conf')
  writeFileSync(bad, '[LUSTRE]\nfsname = src\nmgs_commands = x\nwhat = 1\n')
  const { exitCode, stdout, stderr } = await start('list', ['-c', bad])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  for (const part of ['[LUSTRE] mgs_commands = "x"', '[LUSTRE] what = "1"', '[LUSTRE] nid: must be given', 'what to do:'])
    expect(stderr).toContain(part)
  expect(await start('list', ['-c', '/no/such/file'])).toMatchObject({ exitCode: 2 })
})

it('--help does not end in an error when nobody reads it', async () => {
  const child = spawn('sh', ['-c', `"$0" "$1" --help | head -1; exit 0`, process.execPath, command('list')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  expect({ stdout, stderr }).toEqual({ stdout: 'Usage: lustrebackup_snapshot_list [options]\n', stderr: '' })
})

it('a result that cannot be written is no success', async () => {
  const child = spawn('sh', ['-c', '"$0" "$1" --version > /dev/full', process.execPath, command('list')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const exitCode = await new Promise((resolve) => child.once('close', resolve))
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('cannot write the result') })
})
