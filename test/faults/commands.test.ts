import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Gate } from '../backup/gate.js'
import { changedSettings, withSettings } from '../backup/settings.js'
import { closedPort } from '../backup/ssh-variants.js'
import { CommandSite } from '../crash/command-site.js'
import { buildFaultLibrary, type Fault, withFault } from './preload.js'

const { EIO, EACCES } = constants.errno
const INCOMPLETE = 6

/** The one that each change makes. */
const newFile = (round: number) => `new${round}/file`

let commands: CommandSite
let folder: string
let library: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lustrebackup-fault-'))
  library = buildFaultLibrary(folder)
  commands = await CommandSite.open()
})
afterAll(async () => {
  await commands?.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => commands.somethingNew())
afterEach(() => commands.doors.clear())

it.each<[string, string, Omit<Fault, 'path'>, (round: number) => string, RegExp]>([
  ['a file that cannot be read', 'rsync', { call: 'read', errno: EIO }, newFile, /Input\/output error/],
  ['a file that may not be read', 'rsync', { call: 'open', errno: EACCES }, newFile, /Permission denied/],
  ['a large file that cannot be read', 'lustrebackup_source_filediff', { call: 'read', errno: EIO }, () => 'still/large', /EIO/],
])('%s costs this file alone: it is named, owed, and copied by the next backup', async (_, program, fault, pathIn, reason) => {
  const { site, doors } = commands
  const path = pathIn(commands.round)
  doors.before(program, withFault(library, { ...fault, path: `/${path}` }))
  const { exitCode, stdout, stderr } = await site.run(site.target, 'lustrebackup_target', '--json')
  expect({ exitCode, owed: JSON.parse(stdout).owed }).toMatchObject({
    exitCode: INCOMPLETE,
    owed: [{ path, reason: expect.stringMatching(reason) }],
  })
  expect(stderr).toContain(path)
  doors.clear()
  const { differences } = await site.compare()
  expect(differences.every((line) => line.includes(path))).toBe(true)
  await commands.snapshot()
  await commands.succeed(site.source, 'lustrebackup_source_map')
  await commands.finish()
})

it('a snapshot that is unmounted on the source while it is read is mounted again', async () => {
  const { site } = commands
  const gate = await Gate.create({
    folder: join(folder, 'gate'),
    program: 'rsync',
    real: '/usr/bin/rsync',
    when: '*--inplace*',
    wait: 'before',
  })
  const running = site.start(withSettings(site.target, { BACKUP: { rsync_command: gate.program } }), 'lustrebackup_target')
  await gate.reached(running)
  for (const { target } of site.sim.mounts()) if (target.endsWith('.backup')) site.sim.umount(target)
  gate.open()
  expect(await running.result).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('mounted again') })
  gate.close()
  await commands.finish()
})

it('an MGS that cannot be reached stops map and backup, which go on when it is back', async () => {
  const { site } = commands
  commands.change()
  await commands.snapshot()
  const sshConfig = join(folder, 'ssh_config')
  writeFileSync(sshConfig, `Host *\n  HostName 127.0.0.1\n  Port ${await closedPort()}\n`)
  await changedSettings(site.source, { LUSTRE: { mgs: 'mgs1:mgs2' }, SYSTEM: { ssh_config: sshConfig } }, async () => {
    for (const [host, command] of [
      [site.source, 'lustrebackup_source_map'],
      [site.target, 'lustrebackup_target'],
    ] as const) {
      const result = await site.run(host, command)
      expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/the MGS runs on none of its hosts[\s\S]*what to do: ./) })
    }
  })
  await commands.finish()
})
