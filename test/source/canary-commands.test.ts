import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT } from '@lustrebackup/core/errors/errors'
import { Lustresim, NID } from '@lustrebackup/lustresim/sim'
import { runCommand } from '@lustrebackup/lustresim/site/site'
import { type ShimServer, startShimServer } from '@lustrebackup/lustresim/start-shim-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { installedPrefix } from '../backup/installed-prefix.js'

let folder: string
let sim: Lustresim
let shims: ShimServer
let prefix: string
beforeAll(async () => {
  prefix = installedPrefix()
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-canary-'))
  sim = Lustresim.create(join(folder, 'lustre'), { filesystems: [{ name: 'src', mdts: 2, osts: 1 }] })
  shims = await startShimServer(sim.paths.root)
  sim.mount('src', join(folder, 'mnt'))
  sim.fs('src').registerChangelog()
  sim.flush()
  const lines = [
    `[GLOBAL]\nlogdir = ${folder}/log`,
    `[LUSTRE]\nfsname = src\nnid = ${NID}\nmgs =\nmgs_commands = lctl\nmdt = MDT0000,MDT0001\nchangelog_user = cl1`,
    `data_mount = ${folder}/mnt\nmeta_basepath = ${folder}/mnt/.lustrebackup\nsnapshot_home = ${folder}/snap\nsnapshot_create_retries = 0`,
    `liblustreapi = ${sim.library}`,
    `[SYSTEM]\nnprocs = 1\ncommand_path = ${sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`,
  ]
  writeFileSync(join(folder, 'conf'), lines.join('\n'))
})
afterAll(async () => {
  await shims.close()
  sim.destroy()
  rmSync(folder, { recursive: true })
})

async function run(command: string, ...args: readonly string[]) {
  return await runCommand(join(prefix, 'bin', command), ['-c', join(folder, 'conf'), ...args])
}

it('a mask that lacks a type is told with the command that mends it, and no incremental map is made', async () => {
  await run('lustrebackup_snapshot_create', '-n', 'src-backup-1000')
  expect(await run('lustrebackup_source_map')).toMatchObject({ exitCode: EXIT.done, stderr: '' })
  await run('lustrebackup_source_init')
  expect(await run('lustrebackup_source_done', '-t', '1000')).toMatchObject({ exitCode: EXIT.done })

  await runCommand(join(sim.bin, 'lctl'), ['set_param', 'mdd.src-MDT0001.changelog_mask=-RENME'])
  expect(await run('lustrebackup_snapshot_create', '-n', 'src-backup-2000')).toMatchObject({ exitCode: EXIT.done, stderr: '' })
  const blind = await run('lustrebackup_source_map')
  expect(blind).toMatchObject({ exitCode: EXIT.fullMapNeeded, stdout: '' })
  expect(blind.stderr).toContain('the changelog of MDT0001 lacks the RENME records')
  expect(blind.stderr).toContain('lctl set_param -P mdd.src-MDT0001.changelog_mask="+RENME"')

  await runCommand(join(sim.bin, 'lctl'), ['set_param', 'mdd.src-MDT0001.changelog_mask=+RENME'])
  await run('lustrebackup_snapshot_create', '-n', 'src-backup-3000')
  const mended = await run('lustrebackup_source_map')
  expect(mended).toMatchObject({ exitCode: EXIT.fullMapNeeded, stderr: expect.stringContaining('lacks the RENME records') })
  expect(await run('lustrebackup_source_map', '--full')).toMatchObject({ exitCode: EXIT.done, stderr: '' })
})
