import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT } from '@lustrebackup/core/errors/errors'
import { HEADER_BYTES } from '@lustrebackup/core/filediff/codec'
import { MAGIC } from '@lustrebackup/core/filediff/filediff-types'
import { Lustresim, NID } from '@lustrebackup/lustresim/sim'
import { runCommand } from '@lustrebackup/lustresim/site/site'
import { type ShimServer, startShimServer } from '@lustrebackup/lustresim/start-shim-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installedPrefix } from '../backup/installed-prefix.js'

/** Little to do would be done in the main thread. */
const IN_THREADS = { LUSTREBACKUP_INLINE: '0' }

let folder: string
let sim: Lustresim
let shims: ShimServer
let prefix: string
beforeEach(async () => {
  prefix = installedPrefix()
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-commands-'))
  sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src', mdts: 2, osts: 2 }] })
  shims = await startShimServer(sim.paths.root)
  sim.mount('src', join(folder, 'mnt'))
  sim.fs('src').registerChangelog()
  sim.flush()
  const lines = [
    `[GLOBAL]\nlogdir = ${folder}/log`,
    `[LUSTRE]\nfsname = src\nnid = ${NID}\nmgs =\nmgs_commands = lctl\nmdt = MDT0000,MDT0001\nchangelog_user = cl1`,
    `data_mount = ${folder}/mnt\nmeta_basepath = ${folder}/mnt/.lustrebackup\nsnapshot_home = ${folder}/snap\nsnapshot_create_retries = 0`,
    `liblustreapi = ${sim.library}`,
    `[SYSTEM]\nnprocs = 2\ncommand_path = ${sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ]
  writeFileSync(join(folder, 'conf'), lines.join('\n'))
})
afterEach(async () => {
  await shims.close()
  sim.destroy()
  rmSync(folder, { recursive: true })
})

async function run(command: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await runCommand(join(prefix, 'bin', command), ['-c', join(folder, 'conf'), ...args], IN_THREADS)
  return { exitCode, stdout, stderr }
}

async function succeed(command: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, ...args)
  expect({ exitCode, stderr }).toEqual({ exitCode: EXIT.done, stderr: '' })
  return stdout
}

/** What is mounted at data_mount has no part in serving a file of a snapshot. */
async function greetsUnmounted(file: string): Promise<void> {
  const conf = join(folder, 'unmounted-conf')
  writeFileSync(
    conf,
    readFileSync(join(folder, 'conf'), 'utf8').replace(`data_mount = ${folder}/mnt\n`, `data_mount = ${folder}/nothing\n`),
  )
  const { stdout, stderr } = await runCommand(join(prefix, 'bin/lustrebackup_source_filediff'), ['-c', conf, '-f', file], IN_THREADS)
  expect(stdout.slice(HEADER_BYTES)).toMatch(new RegExp(`^${MAGIC.toString('latin1')}`))
  expect(stderr).toContain('the target closed the connection before it was done')
}

describe('the source commands, in threads and with the programs of a Lustre node', () => {
  it('go from the first snapshot to the second backup', async () => {
    const fs = sim.fs('src')
    fs.mkdir('d')
    for (let index = 0; index < 50; index += 1) fs.writeFile(`d/f${index}`, 'x'.repeat(index))
    sim.flush()
    expect(await run('lustrebackup_source_map')).toMatchObject({ exitCode: EXIT.failed, stdout: '' })
    const name = (await succeed('lustrebackup_snapshot_create', '-n', 'src-backup-1000')).trim()
    expect(await succeed('lustrebackup_source_map')).toContain(`Full map from nothing to ${name}`)
    const first = JSON.parse(await succeed('lustrebackup_source_init'))
    expect(first).toMatchObject({ protocol: 1, lastBackup: null, backup: { timestamp: 1000, resumed: false } })
    expect(readdirSync(join(first.backup.mountPoint, 'd'))).toHaveLength(50)
    await greetsUnmounted(join(first.backup.mountPoint, 'd/f7'))
    expect(await succeed('lustrebackup_source_done', '-t', '1000')).toBe('Backup 1000 is done; owed: 0.\n')
    expect(await succeed('lustrebackup_source_done', '-t', '1000')).toBe('Backup 1000 is done already; owed: 0.\n')
    expect(await succeed('lustrebackup_source_map')).toContain('Nothing to do')

    const again = Lustresim.open(join(folder, 'lustre')).fs('src')
    again.rename('d', 'e')
    again.append('e/f7', 'more')
    again.flush()
    await succeed('lustrebackup_snapshot_create', '-n', 'src-backup-2000')
    const counts = JSON.parse(await succeed('lustrebackup_source_map', '--json')).header.counts
    expect(counts).toMatchObject({ moved: 1, data: 1, created: 0, removed: 0, failed: 0 })
    expect(JSON.parse(await succeed('lustrebackup_source_init'))).toMatchObject({ lastBackup: 1000, backup: { timestamp: 2000 } })
    expect(await succeed('lustrebackup_source_abort')).toContain('Backup 2000 was given up')
    expect(await succeed('lustrebackup_source_abort')).toBe('No backup is in progress.\n')
    expect(await run('lustrebackup_source_done', '-t', '3000')).toMatchObject({ exitCode: EXIT.usage })
    expect((await run('lustrebackup_snapshot_destroy', '-n', 'src-backup-1000')).stderr).toContain('it is the base of the next backup')
    expect(sim.mounts().map(({ target }) => target)).toEqual([join(folder, 'mnt')])
  })

  it('say what they need', async () => {
    const usage = await run('lustrebackup_source_done')
    expect(usage).toMatchObject({ exitCode: EXIT.usage, stdout: '' })
    expect(usage.stderr).toContain('--timestamp')
    expect(await run('lustrebackup_source_map', '--snapshot', 'yesterday')).toMatchObject({ exitCode: EXIT.usage })
  })
})
