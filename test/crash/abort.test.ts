import { join } from 'node:path'
import type { RunningCommand } from '@lustrebackup/lustresim/site/site'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Gate } from '../backup/gate.js'
import { changedSettings } from '../backup/settings.js'
import { CommandSite } from './command-site.js'

let commands: CommandSite
let gate: Gate | null = null
beforeAll(async () => {
  commands = await CommandSite.open()
})
afterAll(() => commands?.close())
beforeEach(() => commands.somethingNew())
afterEach(() => {
  gate?.close()
  gate = null
})

async function startAndWait(): Promise<RunningCommand> {
  const running = commands.site.start(commands.site.target, 'lustrebackup_target')
  await gate!.reached(running)
  return running
}

const sourceMounts = () => commands.site.sim.mounts().filter(({ target }) => target.startsWith(commands.site.source.snapshotHome))

it('lustrebackup_source_abort ends what reads for a running backup, and the next run finishes it', async () => {
  const { site, doors } = commands
  gate = await Gate.create({ folder: doors.folder, program: 'rsync', real: '/usr/bin/rsync', when: '*--inplace*', wait: 'before' })
  const running = await startAndWait()
  const aborted = await site.run(site.source, 'lustrebackup_source_abort')
  expect(aborted).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Backup \d+ was given up/) })
  expect(sourceMounts()).toEqual([])
  expect(await running.result).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^ {2}what to do: .*[Rr]un the same command again/m),
  })
  gate.open()
  expect(await site.run(site.target, 'lustrebackup_target')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('(continued)') })
  await commands.finish()
})

it('lustrebackup_source_abort ends a source_init that hangs', async () => {
  const { site } = commands
  const folder = join(site.folder, 'hanging')
  gate = await Gate.create({ folder, program: 'mount', real: join(site.sim.bin, 'mount'), when: '*lustre*', wait: 'before' })
  const path = `${folder}:${site.sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`
  const [running, aborted] = await changedSettings(site.source, { SYSTEM: { command_path: path } }, async () => {
    const started = await startAndWait()
    return [started, await site.run(site.source, 'lustrebackup_source_abort')] as const
  })
  expect(aborted).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Stopped lustrebackup_source_init \(process \d+\)\.\n/) })
  expect(await running.result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('stopped by SIGTERM') })
  expect(sourceMounts()).toEqual([])
  await commands.finish()
})

it('lustrebackup_target_abort ends a backup whose source_init hangs', async () => {
  const { site } = commands
  const folder = join(site.folder, 'hanging')
  gate = await Gate.create({ folder, program: 'mount', real: join(site.sim.bin, 'mount'), when: '*lustre*', wait: 'before' })
  const path = `${folder}:${site.sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`
  await changedSettings(site.source, { SYSTEM: { command_path: path } }, async () => {
    const running = await startAndWait()
    expect(await site.run(site.target, 'lustrebackup_target_abort')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('stopped the backup'),
    })
    expect(await running.result).toMatchObject({ exitCode: 143 })
  })
  expect(sourceMounts()).toEqual([])
  await commands.finish()
})

it('lustrebackup_source_abort leaves alone who only makes a map', async () => {
  const { site } = commands
  commands.change()
  await commands.snapshot()
  const folder = join(site.folder, 'hanging')
  gate = await Gate.create({ folder, program: 'mount', real: join(site.sim.bin, 'mount'), when: '*lustre*', wait: 'before' })
  const path = `${folder}:${site.sim.bin}:/usr/sbin:/usr/bin:/sbin:/bin`
  await changedSettings(site.source, { SYSTEM: { command_path: path } }, async () => {
    const making = site.start(site.source, 'lustrebackup_source_map')
    await gate!.reached(making)
    const refused = await site.run(site.source, 'lustrebackup_source_abort')
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('lustrebackup_source_map, process') })
    gate!.open()
    expect(await making.result).toMatchObject({ exitCode: 0 })
  })
  await commands.finish()
})
